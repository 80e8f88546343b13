#include <display/montage.hpp>

#include "catch.hpp"

using namespace sluice;
using namespace sluice::display;

namespace {

cv::Mat plain(cv::Scalar colour, cv::Size size = {64, 48}) { return {size, CV_8UC3, colour}; }

cv::Vec3b at(const cv::Mat& canvas, int x, int y) { return canvas.at<cv::Vec3b>(y, x); }

cv::Mat drawn(const std::vector<Tile>& tiles, const MontageLayout& layout) {
  cv::Mat canvas;
  draw_montage(tiles, layout, canvas);
  return canvas;
}

bool same(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0;
}

// The middle of a tile's picture.
cv::Point middle(const MontageLayout& layout, int column, int row) {
  return {column * layout.cell.width + layout.cell.width / 2,
          row * layout.cell.height + layout.cell.height / 2 - 8};
}

}  // namespace

TEST_CASE("A montage's grid is the smallest about as wide as high, or what is asked for") {
  const auto automatic = [](std::size_t n) { return grid_for(n, {}); };
  CHECK(automatic(0) == Grid{1, 1, 1});
  CHECK(automatic(1) == Grid{1, 1, 1});
  CHECK(automatic(2) == Grid{2, 1, 1});
  CHECK(automatic(4) == Grid{2, 2, 1});
  CHECK(automatic(5) == Grid{3, 2, 1});
  CHECK(automatic(256) == Grid{16, 16, 1});
  CHECK(automatic(100000) == Grid{16, 16, 1});

  CHECK(grid_for(7, {.columns = 2}) == Grid{2, 4, 1});
  CHECK(grid_for(1, {.columns = 4}) == Grid{1, 1, 1});
  CHECK(grid_for(7, {.rows = 2}) == Grid{4, 2, 1});
  CHECK(grid_for(3, {.columns = 2, .rows = 2}) == Grid{2, 2, 1});
  CHECK(grid_for(5, {.columns = 2, .rows = 2}) == Grid{2, 2, 2});
}

TEST_CASE("A montage puts each source into its own tile, in order, and turns pages") {
  std::vector<Tile> tiles;
  for (int i = 0; i < 5; ++i)
    tiles.push_back({"cam" + std::to_string(i), plain(cv::Scalar::all(50 + 30 * i)), {}, {}});
  MontageLayout layout{.columns = 2, .rows = 2};
  layout.cell = cell_for(160, {{64, 48}});

  const auto first = drawn(tiles, layout);
  CHECK(first.size() == cv::Size(2 * layout.cell.width, 2 * layout.cell.height));
  for (int i = 0; i < 4; ++i) {
    const auto m = middle(layout, i % 2, i / 2);
    CHECK(at(first, m.x, m.y)[0] == 50 + 30 * i);
  }
  layout.page = 1;
  const auto second = drawn(tiles, layout);
  const auto m = middle(layout, 0, 0);
  CHECK(at(second, m.x, m.y)[0] == 50 + 30 * 4);
  layout.page = 2;
  CHECK(same(drawn(tiles, layout), first));
}

TEST_CASE("A montage keeps a picture's shape") {
  MontageLayout layout;
  layout.cell = cell_for(320, {{1280, 720}, {640, 480}});
  const auto wide = fitted({1280, 720}, layout.cell);
  CHECK(wide.width * 9 == Approx(wide.height * 16).margin(16));
  const auto tall = fitted({480, 640}, layout.cell);
  CHECK(tall.width * 4 == Approx(tall.height * 3).margin(4));
  // As high as the tallest needs, but one odd camera doesn't make it higher than wide.
  CHECK(cell_for(320, {{100, 1000}}).height < 320 + 40);
  CHECK(fitted({1, 5000}, layout.cell).width == 1);
  CHECK(fitted({5000, 1}, layout.cell).height == 1);
}

TEST_CASE("A montage writes the name below each picture, and names differ") {
  const auto one = drawn({{"garage", plain({0, 0, 0}), {}, {}}}, {});
  const auto other = drawn({{"garden", plain({0, 0, 0}), {}, {}}}, {});
  CHECK_FALSE(same(one, other));
  const cv::Rect picture(0, 0, 320, 170);
  CHECK(same(one(picture), other(picture)));
}

TEST_CASE("A montage greys a silent source and says for how long it has been silent") {
  const auto tile = [](std::optional<Duration> silent) {
    return std::vector<Tile>{{"cam2", plain({0, 0, 255}), {}, silent}};
  };
  MontageLayout layout;
  const auto m = middle(layout, 0, 0);
  const auto live = drawn(tile({}), layout);
  CHECK(at(live, m.x, m.y) == cv::Vec3b(0, 0, 255));
  const auto silent = drawn(tile(std::chrono::seconds(12)), layout);
  const auto grey = at(silent, m.x, m.y);
  CHECK(grey[0] == grey[1]);
  CHECK(grey[1] == grey[2]);
  CHECK(grey[2] < 255);
  CHECK_FALSE(same(silent, drawn(tile(std::chrono::seconds(13)), layout)));
  CHECK(same(silent, drawn(tile(std::chrono::milliseconds(12900)), layout)));
}

TEST_CASE("A montage draws motion boxes, and a scene's truth only on demand") {
  const auto with = [](std::vector<Annotation> annotations) {
    return std::vector<Tile>{{"cam", plain({0, 0, 0}), std::move(annotations), {}}};
  };
  const Box box{.x = 0.25, .y = 0.25, .width = 0.5, .height = 0.5};
  const auto empty = drawn(with({}), {});
  CHECK_FALSE(same(drawn(with({{"motion", box, 1.0, ""}}), {}), empty));
  CHECK(same(drawn(with({{"truth", box, 1.0, ""}}), {}), empty));
  CHECK_FALSE(same(drawn(with({{"truth", box, 1.0, ""}}), {.boxes = {.truth = true}}), empty));
}

TEST_CASE("Boxes are drawn at their place, and a peer's nonsense does no harm") {
  cv::Mat picture = plain({0, 0, 0}, {200, 100});
  draw_boxes(picture, std::vector<Annotation>{
                          {"motion", {.x = 0.5, .y = 0.5, .width = 0.25, .height = 0.25}, 1, ""}});
  CHECK(at(picture, 100, 50) != cv::Vec3b(0, 0, 0));
  CHECK(at(picture, 149, 74) != cv::Vec3b(0, 0, 0));
  CHECK(at(picture, 125, 62) == cv::Vec3b(0, 0, 0));
  CHECK(at(picture, 98, 50) == cv::Vec3b(0, 0, 0));

  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double huge = std::numeric_limits<double>::max();
  std::vector<Annotation> nonsense{
      {"a", {.x = nan, .y = nan, .width = nan, .height = nan}, nan, "x"},
      {"b", {.x = -huge, .y = -huge, .width = huge, .height = huge}, 1, std::string(5000, 'm')},
      {"c", {.x = huge, .y = huge, .width = huge, .height = huge}, -1, "\x01\xff\n\xc3\xa9"},
      {"d", {.x = 0, .y = 0, .width = 1e-12, .height = 1}, 1, ""},
      {"text", {}, 1, "over the whole picture"}};
  nonsense.resize(5000, {"e", {.x = 0.1, .y = 0.1, .width = 0.1, .height = 0.1}, 0.5, ""});
  for (const cv::Size size : {cv::Size(1, 1), cv::Size(3, 2), cv::Size(640, 480)}) {
    cv::Mat any = plain({0, 0, 0}, size);
    CHECK_NOTHROW(draw_boxes(any, nonsense));
  }
  CHECK(drawable("caf\xc3\xa9\n") == "caf??");
  CHECK(drawable("abcdefgh", 5) == "abc..");
}

TEST_CASE("A montage can be drawn at every size, with any picture, and with none") {
  for (const int width : {64, 80, 200, 1280}) {
    MontageLayout layout;
    layout.cell = cell_for(width, {});
    CHECK(drawn({}, layout).size() == layout.cell);
    std::vector<Tile> tiles(3);
    tiles[1] = {std::string(64, 'W'), plain({9, 9, 9}, {1, 1}), {}, std::chrono::hours(30)};
    tiles[2] = {"c", plain({9, 9, 9}, {3000, 2}), {}, {}};
    CHECK_NOTHROW(drawn(tiles, layout));
  }
}

TEST_CASE("A picture scaled down for a tile has the same colours in every format") {
  cv::Mat bgr(64, 64, CV_8UC3, cv::Scalar(40, 90, 200));
  const auto close = [&](const Image& image) {
    const cv::Mat small = scaled_bgr(image, {17, 13});
    return small.size() == cv::Size(17, 13) && small.type() == CV_8UC3 &&
           cv::norm(small.at<cv::Vec3b>(6, 8), cv::Vec3b(40, 90, 200), cv::NORM_INF) <= 3;
  };
  CHECK(close(Image(Kind::bgr8, bgr)));
  CHECK(close(Image(Kind::bgra8, cv::Mat(64, 64, CV_8UC4, cv::Scalar(40, 90, 200, 255)))));
  auto yuv = Image::make_yuv420(63, 65);  // of the same colour by JFIF's equations
  cv::Mat(yuv.plane(0)).setTo(117);
  cv::Mat(yuv.plane(1)).setTo(84);
  cv::Mat(yuv.plane(2)).setTo(187);
  CHECK(close(yuv));
  const cv::Mat grey = scaled_bgr(Image(Kind::gray8, cv::Mat(9, 9, CV_8UC1, 77)), {4, 4});
  CHECK(grey.at<cv::Vec3b>(1, 1) == cv::Vec3b(77, 77, 77));
}
