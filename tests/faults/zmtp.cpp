#include "faults/zmtp.hpp"

#include "catch.hpp"

namespace test::zmtp {
namespace {

std::string with_size(char flags, const std::string& bytes) {
  return std::string{flags, static_cast<char>(bytes.size())} + bytes;
}

std::string property(const std::string& name, const std::string& value) {
  return static_cast<char>(name.size()) + name + std::string(3, '\0') +
         static_cast<char>(value.size()) + value;
}

}  // namespace

std::string part(const std::string& bytes, bool more) { return with_size(more ? 1 : 0, bytes); }

std::string ping() { return with_size(4, std::string("\4PING") + std::string(2, '\0') + "abc"); }

void greet(Tcp& connection, const std::string& type) {
  constexpr std::size_t kGreeting = 64;
  connection.send(std::string("\xff\0\0\0\0\0\0\0\x01\x7f\x03\x01", 12) + "NULL" +
                  std::string(48, '\0'));
  REQUIRE(connection.receive(kGreeting).size() == kGreeting);
  connection.send(
      with_size(4, "\5READY" + property("Socket-Type", type) + property("Identity", "")));
  const auto head = connection.receive(2);
  REQUIRE(head.size() == 2);
  REQUIRE(connection.receive(static_cast<unsigned char>(head[1])).substr(0, 6) == "\5READY");
}

}  // namespace test::zmtp
