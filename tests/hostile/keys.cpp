#include <filesystem>
#include <stdexcept>

#include "catch.hpp"
#include "hostile/way.hpp"

namespace test {

Keys::Keys(const std::vector<std::string>& names) {
  std::filesystem::create_directory(allowed());
  for (const auto& name : names) {
    Process keygen(sluice({"keygen", name, "--folder", path("")}));
    REQUIRE(keygen.wait() == 0);
    if (name != names.front())
      std::filesystem::copy_file(of(name), allowed() + "/" + name + ".key");
  }
}

std::string key_text(const std::string& file, const std::string& field) {
  const auto text = read_text(file);
  const auto at = text.find(field + " = \"");
  if (at == std::string::npos) throw std::runtime_error(file + " has no " + field);
  return text.substr(at + field.size() + 4, 40);
}

}  // namespace test
