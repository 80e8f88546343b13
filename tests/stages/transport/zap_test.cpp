// ZAP's messages: who is let in, who is not, and what is no request at all.

#include "transport/zap.hpp"

#include <zmq.h>

#include <array>
#include <random>

#include "catch.hpp"
#include "transport/keys.hpp"

using namespace sluice;

namespace {

using Parts = std::vector<std::string>;

std::string binary(const std::string& key) {
  std::string bytes(32, '\0');
  REQUIRE(zmq_z85_decode(reinterpret_cast<std::uint8_t*>(bytes.data()), key.c_str()) != nullptr);
  return bytes;
}

const std::string kKey = "/$rYZX+nwP}iP8+ocB16e$(QJV{cp2jnbV]78pNW";

Parts request(const std::string& mechanism, const Parts& credentials) {
  Parts parts{"1.0", "7", "sluice", "192.168.1.20", "", mechanism};
  parts.insert(parts.end(), credentials.begin(), credentials.end());
  return parts;
}

std::vector<std::string_view> views(const Parts& parts) { return {parts.begin(), parts.end()}; }

zap::Answer answer(const Parts& parts, const std::string& allowed = kKey) {
  return zap::answer(views(parts), [&](std::string_view key) {
    return key == allowed ? std::optional<std::string>("pi-garage") : std::nullopt;
  });
}

// What holds for every answer, whatever was asked.
void is_answer(const zap::Answer& answer) {
  REQUIRE(answer.parts.size() == 6);
  CHECK(answer.parts[0] == "1.0");
  const bool in = answer.parts[2] == "200";
  CHECK((in || answer.parts[2] == "400" || answer.parts[2] == "500"));
  CHECK(in == !answer.refused);
  CHECK(in == !answer.parts[4].empty());
}

}  // namespace

TEST_CASE("ZAP: an allowed key is let in, as its device") {
  const auto a = answer(request("CURVE", {binary(kKey)}));
  is_answer(a);
  const std::string property = std::string("\x0cX-Public-Key\0\0\0\x28", 17) + kKey;
  CHECK(a.parts == Parts{"1.0", "7", "200", "OK", "pi-garage", property});
}

TEST_CASE("ZAP: another key and another mechanism are not, and it is told why") {
  const auto unknown = answer(request("CURVE", {binary(kKey)}), new_keys().public_key);
  is_answer(unknown);
  CHECK(unknown.parts[1] == "7");
  CHECK(unknown.parts[2] == "400");
  CHECK(unknown.refused->address == "192.168.1.20");
  CHECK(unknown.refused->why == "its key /$rYZ... is not among the allowed");
  for (const auto& parts : {request("NULL", {}), request("PLAIN", {"admin", "secret"}),
                            request("GSSAPI", {"principal"})}) {
    const auto a = answer(parts);
    is_answer(a);
    CHECK(a.parts[2] == "400");
    CHECK(a.refused->why.find("it comes with " + parts[5]) == 0);
    CHECK(a.refused->why.find("secret") == std::string::npos);
  }
}

TEST_CASE("ZAP: what is no request is answered 500, to the one that asked") {
  const auto key = binary(kKey);
  auto version = request("CURVE", {key});
  version[0] = "2.0";
  auto address = request("CURVE", {key});
  address[3] = "10.0.0.1\x1b[2J";
  auto domain = request("CURVE", {key});
  domain[2] = std::string(256, 'x');
  struct Row {
    Parts parts;
    std::string why;
  };
  const Row rows[] = {
      {version, "another version"},
      {address, "address"},
      {domain, "part 3 has 256 bytes"},
      {request("CURVE", {}), "CURVE with 0 credentials"},
      {request("CURVE", {key, key}), "CURVE with 2 credentials"},
      {request("CURVE", {key + "x"}), "a key of 33 bytes"},
      {request("CURVE", {""}), "a key of 0 bytes"},
      {request("PLAIN", {"admin"}), "PLAIN with 1 credentials"},
      {request("curve", {key}), "an unknown mechanism"},
      {request("", {}), "an unknown mechanism"},
      {request("CURVE", {key, key, key}), "9 parts"},
      {{"1.0", "7"}, "2 parts"},
  };
  for (const auto& row : rows) {
    INFO(row.why);
    const auto a = answer(row.parts);
    is_answer(a);
    CHECK(a.parts[2] == "500");
    CHECK(a.parts[1] == "7");
    CHECK(a.refused->why.find(row.why) != std::string::npos);
  }
  is_answer(answer({}));
  is_answer(answer({""}));
  auto long_id = request("CURVE", {key});
  long_id[1] = std::string(100'000, 'i');
  CHECK(answer(long_id).parts[1].empty());
  CHECK(answer(long_id).parts[2] == "500");
}

TEST_CASE("ZAP: no noise gets in, and every noise is answered") {
  std::mt19937 random(20261121);
  const auto good = request("CURVE", {binary(kKey)});
  int let_in = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto parts = good;
    for (auto changes = random() % 4; changes > 0 && !parts.empty(); --changes) {
      auto& part = parts[random() % parts.size()];
      switch (random() % 5) {
        case 0:
          part.assign(random() % 300, static_cast<char>(random()));
          break;
        case 1:
          if (!part.empty()) part[random() % part.size()] = static_cast<char>(random());
          break;
        case 2:
          parts.pop_back();
          break;
        case 3:
          parts.push_back(part);
          break;
        default:
          std::swap(part, parts[random() % parts.size()]);
      }
    }
    const auto a = answer(parts);
    is_answer(a);
    if (a.refused) continue;
    ++let_in;
    CHECK(parts.size() == 7);
    CHECK(parts[5] == "CURVE");
    CHECK(parts[6] == good[6]);
  }
  CHECK(let_in > 0);
}
