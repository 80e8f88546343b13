// A folder for key files, gone with the test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include "transport/keys.hpp"

namespace sluice::testkit {

class KeyFolder {
 public:
  KeyFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "sluice-keys-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
    path_ = name;
  }
  ~KeyFolder() {
    std::error_code ignored;  // a folder that stays behind in /tmp fails no test
    std::filesystem::remove_all(path_, ignored);
  }
  KeyFolder(const KeyFolder&) = delete;
  KeyFolder& operator=(const KeyFolder&) = delete;

  std::filesystem::path path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }
  // DEVICE.key with this key, as it is copied from its device.
  void allow(const std::string& device, const std::string& public_key) const {
    write(device + ".key", "curve\n    public-key = \"" + public_key + "\"\n");
  }
  void revoke(const std::string& device) const {
    if (!std::filesystem::remove(path_ / (device + ".key"))) throw std::runtime_error(device);
  }
  std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path_ / name, std::ios::binary).rdbuf();
    return text.str();
  }

 private:
  std::filesystem::path path_;
};

// The text of the error that this call throws; empty if it throws none.
template <class Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return {};
}

}  // namespace sluice::testkit
