#include "hostile/pictures.hpp"

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <vector>
// After cstdio, which it needs.
#include <jpeglib.h>

namespace test {

namespace {

// `set`: called once the defaults are set.
std::string compressed(int width, int height, const std::function<void(jpeg_compress_struct&)>& set,
                       const std::function<unsigned char(int x, int y)>& gray) {
  jpeg_compress_struct c{};
  jpeg_error_mgr errors{};
  c.err = jpeg_std_error(&errors);
  errors.error_exit = [](j_common_ptr) { throw std::runtime_error("libjpeg"); };
  jpeg_create_compress(&c);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&c, &bytes, &size);
  c.image_width = static_cast<JDIMENSION>(width);
  c.image_height = static_cast<JDIMENSION>(height);
  c.input_components = 1;
  c.in_color_space = JCS_GRAYSCALE;
  jpeg_set_defaults(&c);
  set(c);
  jpeg_start_compress(&c, TRUE);
  std::vector<unsigned char> row(static_cast<std::size_t>(width));
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) row[static_cast<std::size_t>(x)] = gray(x, y);
    JSAMPROW rows[] = {row.data()};
    jpeg_write_scanlines(&c, rows, 1);
  }
  jpeg_finish_compress(&c);
  std::string jpeg(reinterpret_cast<const char*>(bytes), size);
  jpeg_destroy_compress(&c);
  std::free(bytes);
  return jpeg;
}

unsigned char flat(int, int) { return 128; }

}  // namespace

std::string flat_jpeg(int width, int height) {
  return compressed(
      width, height, [](jpeg_compress_struct&) {}, flat);
}

std::string jpeg_of_scans(int width, int height, int scans) {
  // The brightness, then the first bit of one frequency, and the next. In a flat picture that is
  // all zero, as are the others: their scans differ in their headers only, and needn't be encoded.
  std::vector<jpeg_scan_info> script{
      {1, {0}, 0, 0, 0, 0}, {1, {0}, 1, 1, 0, 7}, {1, {0}, 1, 1, 7, 6}};
  const auto jpeg = compressed(
      width, height,
      [&](jpeg_compress_struct& c) {
        c.scan_info = script.data();
        c.num_scans = static_cast<int>(script.size());
      },
      flat);
  // Each scan has its tables before it (DHT), then its header (SOS).
  const std::string tables("\xff\xc4"), header("\xff\xda");
  const auto first_at = jpeg.find(tables, jpeg.find(header));
  const auto next_at = jpeg.find(tables, jpeg.find(header, first_at));
  const auto first = jpeg.substr(first_at, next_at - first_at);
  const auto next = jpeg.substr(next_at, jpeg.size() - 2 - next_at);
  const auto scan = [&](std::string bytes, int frequency, int bits) {
    const auto at = bytes.find(header) + 7;
    bytes[at] = bytes[at + 1] = static_cast<char>(frequency);
    bytes[at + 2] = static_cast<char>(bits);
    return bytes;
  };
  std::string all = jpeg.substr(0, first_at);
  for (int frequency = 1, n = 1; frequency < 64; ++frequency)
    for (int bit = 7; bit >= 0 && n < scans; --bit, ++n)
      all += bit == 7 ? scan(first, frequency, 7) : scan(next, frequency, (bit + 1) * 16 + bit);
  return all + jpeg.substr(jpeg.size() - 2);
}

std::string webcam_jpeg(int width, int height) {
  const auto sound = compressed(
      width, height, [](jpeg_compress_struct& c) { c.restart_in_rows = 1; },
      [](int x, int y) { return static_cast<unsigned char>(x * 3 + y * 5); });
  std::string jpeg;
  for (std::size_t i = 0; i < sound.size(); ++i) {
    const auto next = i + 1 < sound.size() ? static_cast<unsigned char>(sound[i + 1]) : 0;
    // 0xFF in a picture's data is followed by zero, so this is a marker.
    if (sound[i] == '\xff' && next >= 0xD0 && next <= 0xD7) jpeg += "\x11\x11\x11";
    jpeg += sound[i];
  }
  return jpeg;
}

}  // namespace test
