// What the tests of display.web share.
#pragma once

#include <nlohmann/json.hpp>
#include <sluice/testkit.hpp>
#include <string>
#include <string_view>

#include "http_client.hpp"

namespace sluice::testkit {

// display.web on a free port.
struct Page : StageTest {
  explicit Page(Parameters more = {}) : StageTest("display.web", with_port(std::move(more))) {
    start();
    const auto url = log().at(0);
    port = static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  }
  static Parameters with_port(Parameters more) {
    for (const auto& [name, value] : more)
      if (name == "listen") return more;
    more.emplace_back("listen", "127.0.0.1:0");
    return more;
  }
  HttpAnswer get(std::string_view path, std::string_view method = "GET",
                 std::string_view host = "localhost") const {
    return http_get(port, path, method, host);
  }
  nlohmann::json sources(std::string_view viewer = "") const {
    return nlohmann::json::parse(get("/sources.json?viewer=" + std::string(viewer)).body);
  }
  std::uint16_t port = 0;
};

inline FramePtr picture(cv::Scalar colour = {0, 0, 255}, std::string source = "cam",
                        cv::Size size = {64, 48}) {
  return make_frame(cv::Mat(size, CV_8UC3, colour), std::move(source));
}

inline bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace sluice::testkit
