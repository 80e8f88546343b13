// From figures to places on a plot, and back to round numbers beside it.
#pragma once

#include <string>
#include <vector>

namespace sluice::app {

class Scale {
 public:
  // Puts `low` at `from` and `high` at `to`, in pixels.
  static Scale linear(double low, double high, double from, double to);
  // Both are greater than 0; what is smaller is put at `low`.
  static Scale logarithmic(double low, double high, double from, double to);

  double operator()(double value) const;
  double low() const { return low_; }
  double high() const { return high_; }

  // About `number` round values in it: 1, 2 or 5 times a power of ten apart or, over more than a
  // power of ten on a logarithmic one, these themselves.
  std::vector<double> ticks(int number) const;

 private:
  Scale(double low, double high, double from, double to, bool logarithmic)
      : low_(low), high_(high), from_(from), to_(to), logarithmic_(logarithmic) {}

  double low_, high_, from_, to_;
  bool logarithmic_;
};

// "0.05", "20", "1500".
std::string tick_text(double value);

}  // namespace sluice::app
