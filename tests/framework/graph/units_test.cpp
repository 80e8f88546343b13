#include <random>
#include <sluice/graph/units.hpp>

#include "catch.hpp"

using namespace sluice;
using namespace std::chrono_literals;

TEST_CASE("Durations are read with their units") {
  CHECK(parse_duration("200ms") == 200ms);
  CHECK(parse_duration("2.5s") == 2500ms);
  CHECK(parse_duration("1m") == 1min);
  CHECK(parse_duration("1h") == 1h);
  CHECK(parse_duration("3us") == 3us);
  CHECK(parse_duration("7ns") == 7ns);
  CHECK(parse_duration("5 s") == 5s);
  CHECK(parse_duration("0") == 0s);
  for (const auto* bad : {"", "5", "s", "-1s", "5sec", "5 s ", "1e3s", "0x5s", "nan s", "infs",
                          "1s2s", "99999999999h", "5S", " 5s"})
    CHECK(parse_duration(bad) == std::nullopt);
}

TEST_CASE("Sizes are read with their units") {
  CHECK(parse_size("8MiB") == 8 << 20);
  CHECK(parse_size("1.5KiB") == 1536);
  CHECK(parse_size("500kB") == 500'000);
  CHECK(parse_size("2MB") == 2'000'000);
  CHECK(parse_size("1GiB") == 1 << 30);
  CHECK(parse_size("1GB") == 1'000'000'000);
  CHECK(parse_size("7B") == 7);
  CHECK(parse_size("0") == 0);
  for (const auto* bad : {"", "8", "8Mib", "-1B", "KiB", "99999999999GiB", "1s"})
    CHECK(parse_size(bad) == std::nullopt);
}

TEST_CASE("What is written is read as the same") {
  CHECK(format_duration(200ms) == "200ms");
  CHECK(format_duration(1500ms) == "1.5s");
  CHECK(format_duration(0s) == "0ns");
  CHECK(format_size(8 << 20) == "8MiB");
  CHECK(format_size(1500) == "1500B");
  std::mt19937_64 random(11);
  for (int i = 0; i < 5000; ++i) {
    // Of every length, and often round. Up to 2^53: a double holds no more.
    std::int64_t value = static_cast<std::int64_t>(random() >> 11) >> (random() % 50);
    if (i % 3 == 0) value = value / 1'000'000 * 1'000'000;
    INFO(value << " " << format_duration(Duration(value)) << " " << format_size(value));
    CHECK(parse_duration(format_duration(Duration(value))) == Duration(value));
    CHECK(parse_size(format_size(value)) == value);
  }
}
