#include "transport/wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "transport/dtype.hpp"
#include "transport/imagenode.hpp"
#include "transport/json_limits.hpp"

namespace sluice::wire {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostAnnotations = 256;
constexpr std::size_t kMostAnnotationBytes = kLongestHeader / 2;
constexpr std::size_t kLongestText = 200;
constexpr std::size_t kMostDimensions = 8;

Json shape_of(const Image& image) {
  Json shape = Json::array();
  if (image.format() == Kind::yuv420) {
    // Old hubs get one tall grey picture; odd sizes have no such form and go as one row of bytes.
    if (image.width() % 2 == 0 && image.height() % 2 == 0)
      return {image.height() * 3 / 2, image.width()};
    return {image.bytes()};
  }
  const cv::Mat& mat = image.mat();
  for (int i = 0; i < mat.dims; ++i) shape.push_back(mat.size[i]);
  if (mat.channels() > 1) shape.push_back(mat.channels());
  return shape;
}

// Of the picture that recv_image() makes of so many bytes, or a few more: about a square, as many
// programs scale what they get, and can't scale a single row.
struct Shape {
  std::size_t rows, columns;
  std::size_t bytes() const { return rows * columns * 3; }
};
Shape shape_over(std::size_t bytes) {
  constexpr std::size_t kStep = 16;  // of columns, so that they change less often
  const auto pixels = std::max<std::size_t>(1, (bytes + 2) / 3);
  const auto side = static_cast<std::size_t>(std::sqrt(static_cast<double>(pixels)));
  const auto columns = (side / kStep + 1) * kStep;
  return {(pixels + columns - 1) / columns, columns};
}

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json json_of(const Annotation& a) {
  Json json{{"l", a.label}, {"b", {a.box.x, a.box.y, a.box.width, a.box.height}}};
  if (a.score != 1.0) json["s"] = a.score;
  if (!a.text.empty()) json["t"] = a.text;
  return json;
}

double fraction(const Json& value) {
  const double number = value.is_number() ? value.get<double>() : 0.0;
  return std::isfinite(number) ? std::clamp(number, 0.0, 1.0) : 0.0;
}

std::string short_text(const Json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end() || !it->is_string()) return {};
  return it->get_ref<const std::string&>().substr(0, kLongestText);
}

// Annotations are additions: one that makes no sense is left out, the frame stays.
std::vector<Annotation> annotations_in(const Json& extra) {
  std::vector<Annotation> annotations;
  const auto list = extra.find("ann");
  if (list == extra.end() || !list->is_array()) return annotations;
  for (const auto& item : *list) {
    if (annotations.size() == kMostAnnotations) break;
    if (!item.is_object()) continue;
    Annotation a;
    a.label = short_text(item, "l");
    a.text = short_text(item, "t");
    if (const auto b = item.find("b"); b != item.end() && b->is_array() && b->size() == 4)
      a.box = {fraction((*b)[0]), fraction((*b)[1]), fraction((*b)[2]), fraction((*b)[3])};
    if (const auto s = item.find("s"); s != item.end()) a.score = fraction(*s);
    annotations.push_back(std::move(a));
  }
  return annotations;
}

template <class Integer>
Integer whole(const Json& object, const char* key, Integer least, Integer most) {
  const auto it = object.find(key);
  if (it == object.end() || !it->is_number_integer())
    throw BadMessage(fmt::format("the header's sluice.{} is no whole number", key));
  if (it->is_number_unsigned()) {
    const auto n = it->get<std::uint64_t>();
    if (n > static_cast<std::uint64_t>(most) ||
        n < static_cast<std::uint64_t>(std::max<Integer>(least, 0)))
      throw BadMessage(fmt::format("the header's sluice.{} is out of range", key));
    return static_cast<Integer>(n);
  }
  // What the library holds as signed is negative.
  const auto n = it->get<std::int64_t>();
  if constexpr (std::is_signed_v<Integer>)
    if (n >= least) return static_cast<Integer>(n);
  throw BadMessage(fmt::format("the header's sluice.{} is out of range", key));
}

std::vector<int> dimensions(const Json& shape) {
  if (!shape.is_array() || shape.empty() || shape.size() > kMostDimensions)
    throw BadMessage("the header's shape is no list of one to eight numbers");
  std::vector<int> sizes;
  for (const auto& size : shape) {
    if (!size.is_number_integer() || size.is_number_float())
      throw BadMessage("the header's shape holds something that is no whole number");
    const auto n = size.is_number_unsigned() ? size.get<std::uint64_t>()
                                             : static_cast<std::uint64_t>(size.get<std::int64_t>());
    if (n == 0 || n > 1'000'000'000)
      throw BadMessage("the header's shape holds a size that no picture has");
    sizes.push_back(static_cast<int>(n));
  }
  return sizes;
}

// Whether sizes × item bytes is exactly `bytes`, without overflowing on the way.
bool fits(const std::vector<int>& sizes, std::size_t item, std::size_t bytes) {
  std::size_t product = item;
  for (const int size : sizes) {
    if (product > bytes / static_cast<std::size_t>(size)) return false;
    product *= static_cast<std::size_t>(size);
  }
  return product == bytes;
}

cv::Mat swapped(const cv::Mat& mat) {
  cv::Mat copy = mat.clone();
  const std::size_t size = copy.elemSize1();
  auto* p = copy.data;
  for (auto* end = p + copy.total() * copy.elemSize(); p < end; p += size)
    std::reverse(p, p + size);
  return copy;
}

// The planes of a yuv420 picture from a Sluice peer, in place.
Image planes_of(const Json& extra, std::span<const std::uint8_t> payload,
                std::shared_ptr<const void> owner) {
  const int w = whole<int>(extra, "w", 1, 65535);
  const int h = whole<int>(extra, "h", 1, 65535);
  const int cw = (w + 1) / 2;
  const int ch = (h + 1) / 2;
  const auto luma = static_cast<std::size_t>(w) * static_cast<std::size_t>(h);
  const auto chroma = static_cast<std::size_t>(cw) * static_cast<std::size_t>(ch);
  if (w < 1 || h < 1 || luma + 2 * chroma != payload.size())
    throw BadMessage(
        fmt::format("a yuv420 picture of {}×{} does not have {} bytes", w, h, payload.size()));
  auto* base = const_cast<std::uint8_t*>(payload.data());  // a Mat can't say const; nobody writes
  return Image::yuv420(cv::Mat(h, w, CV_8UC1, base), cv::Mat(ch, cw, CV_8UC1, base + luma),
                       cv::Mat(ch, cw, CV_8UC1, base + luma + chroma), std::move(owner));
}

// `numbers`: the sender says that it is no picture, even if it looks like one.
Image pixels_of(const Json& header, bool numbers, std::span<const std::uint8_t> payload,
                std::shared_ptr<const void> owner) {
  const auto& name = header.at("dtype");
  if (!name.is_string()) throw BadMessage("the header's dtype is no text");
  const auto dtype = dtype_from_string(name.get_ref<const std::string&>());
  if (!dtype)
    throw BadMessage(fmt::format("arrays of type '{}' can't be taken",
                                 name.get_ref<const std::string&>().substr(0, 20)));
  auto sizes = dimensions(header.at("shape"));
  const auto item = static_cast<std::size_t>(CV_ELEM_SIZE1(dtype->depth));
  if (!fits(sizes, item, payload.size()))
    throw BadMessage(fmt::format("the shape {} of {} does not have {} bytes",
                                 header.at("shape").dump(), name.get_ref<const std::string&>(),
                                 payload.size()));
  int channels = 1;
  if (sizes.size() == 3 && (sizes[2] == 1 || sizes[2] == 3 || sizes[2] == 4)) {
    channels = sizes[2];
    sizes.pop_back();
  }
  auto* data = const_cast<std::uint8_t*>(payload.data());  // as above
  const int type = CV_MAKETYPE(dtype->depth, channels);
  cv::Mat mat = sizes.size() == 1
                    ? cv::Mat(1, sizes[0], type, data)
                    : cv::Mat(static_cast<int>(sizes.size()), sizes.data(), type, data);
  if (dtype->swapped) {
    mat = swapped(mat);
  } else if (reinterpret_cast<std::uintptr_t>(data) % item != 0) {
    mat = mat.clone();  // several bytes a number, and not where the processor wants them
  }
  const bool picture = dtype->plain && sizes.size() == 2 && !numbers;
  const Kind format = picture ? format_of(mat) : Kind::array;
  return Image(format, std::move(mat), std::move(owner));
}

// Without what was put behind it for others.
std::span<const std::uint8_t> encoded_in(const Json& extra, std::span<const std::uint8_t> payload) {
  if (!extra.contains("n")) return payload;
  return payload.first(whole<std::size_t>(extra, "n", 0, payload.size()));
}

bool is_jpeg(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= 2 && bytes[0] == 0xFF && bytes[1] == 0xD8;
}
bool is_png(std::span<const std::uint8_t> bytes) {
  constexpr std::array<std::uint8_t, 4> kSignature{0x89, 'P', 'N', 'G'};
  return bytes.size() >= 4 && std::equal(kSignature.begin(), kSignature.end(), bytes.begin());
}

Json parsed(std::string_view header) {
  if (const auto* why = beyond_limits(header)) throw BadMessage(fmt::format("the header {}", why));
  Json json = Json::parse(header, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) throw BadMessage("the header is no JSON object");
  return json;
}

// What Sluice added to the header; null where nothing.
const Json* extra_of(const Json& header) {
  const auto extra = header.find("sluice");
  if (extra == header.end()) return nullptr;
  if (!extra->is_object()) throw BadMessage("the header's sluice key is no object");
  return &*extra;
}

// Times, and what is added to them, are kept where 64 bits of nanoseconds hold any sum of two.
constexpr std::int64_t kMostTime = (std::int64_t{1} << 62) - 1;

UtcTime time_of(const Json& extra, const char* key) {
  return UtcTime(Duration(whole<std::int64_t>(extra, key, 0, kMostTime)));
}

void read_extra(const Json& extra, Frame& frame, Incoming& incoming) {
  frame.sequence = whole<std::uint64_t>(extra, "seq", 0, std::numeric_limits<std::uint64_t>::max());
  incoming.sequence = frame.sequence;
  if (extra.contains("t")) {
    frame.captured = time_of(extra, "t");
    frame.captured_known = true;
  }
  if (extra.contains("sent")) incoming.sent = time_of(extra, "sent");
  if (extra.contains("off"))
    incoming.offset = Duration(whole<std::int64_t>(extra, "off", -kMostTime, kMostTime));
  frame.annotations = annotations_in(extra);
}

}  // namespace

std::string header_of(const Frame& frame, const Sending& sending) {
  Json json{{"msg", frame.source}};
  Json extra{{"v", 1},
             {"run", sending.run},
             {"seq", frame.sequence},
             {"fmt", to_string(frame.kind())},
             {"sent", sending.sent.time_since_epoch().count()}};
  if (sending.offset) extra["off"] = sending.offset->count();
  if (frame.captured_known) extra["t"] = frame.captured.time_since_epoch().count();
  if (const auto* image = frame.image()) {
    json["dtype"] = dtype_of(image->mat().depth());
    json["shape"] = shape_of(*image);
    if (image->format() == Kind::yuv420) extra["w"] = image->width(), extra["h"] = image->height();
  } else if (sending.for_anyone) {
    const auto size = frame.encoded()->bytes.size();
    const auto shape = shape_over(size);
    json["dtype"] = "uint8";
    json["shape"] = {shape.rows, shape.columns, 3};
    extra["n"] = size;
  }
  if (sending.for_netgear) {
    json["terminate_flag"] = false;  // true would end its stream for good
    json["compression"] = {{"dct", true}, {"ups", false}, {"colorspace", "BGR"}};
    json["message"] = nullptr;
  }
  if (!frame.annotations.empty()) {
    // The frame must get there even where all that was found in it does not.
    auto& list = extra["ann"] = Json::array();
    std::size_t bytes = 0;
    for (const auto& a : frame.annotations) {
      auto item = json_of(a);
      bytes += text_of(item).size();
      if (list.size() == kMostAnnotations || bytes > kMostAnnotationBytes) break;
      list.push_back(std::move(item));
    }
  }
  json["sluice"] = std::move(extra);
  return text_of(json);
}

std::string header_of(std::string_view msg) { return text_of(Json{{"msg", msg}}); }

std::string goodbye_of(std::string_view run) {
  return Json{{"msg", ""}, {"sluice", {{"v", 1}, {"run", run}, {"bye", true}}}}.dump();
}

std::string ping_of(std::string_view run, Duration every) {
  return Json{{"msg", ""},
              {"sluice", {{"v", 1}, {"run", run}, {"ping", every / std::chrono::milliseconds(1)}}}}
      .dump();
}

Payload payload_of(const FramePtr& frame, bool for_anyone) {
  if (const auto* encoded = frame->encoded()) {
    if (!for_anyone) return {encoded->bytes, frame};
    const auto longer = std::make_shared<std::vector<std::uint8_t>>();
    const auto size = shape_over(encoded->bytes.size()).bytes();
    longer->reserve(size);
    longer->assign(encoded->bytes.begin(), encoded->bytes.end());
    longer->resize(size);
    return {*longer, longer};
  }
  const Image& image = *frame->image();
  const std::size_t size = image.bytes();
  const auto bytes_of = [](const cv::Mat& m) { return m.total() * m.elemSize(); };
  const auto& first = image.plane(0);
  bool contiguous = true;
  const std::uint8_t* next = first.data;
  for (int i = 0; i < image.planes(); ++i) {
    const cv::Mat& plane = image.plane(i);
    contiguous = contiguous && plane.isContinuous() && plane.data == next;
    next = plane.data + bytes_of(plane);
  }
  if (contiguous) return {{first.data, size}, frame};
  // Rows with padding or planes apart: the wire wants them one after the other.
  const auto copy = std::shared_ptr<std::uint8_t[]>(new std::uint8_t[size]);
  std::uint8_t* to = copy.get();
  for (int i = 0; i < image.planes(); ++i) {
    const cv::Mat& plane = image.plane(i);
    cv::Mat target(plane.dims, plane.size.p, plane.type(), to);
    plane.copyTo(target);
    to += bytes_of(plane);
  }
  return {{copy.get(), size}, copy};
}

Incoming message_of(std::string_view header, std::span<const std::uint8_t> payload,
                    std::shared_ptr<const void> owner, UtcTime arrived) {
  const Json json = parsed(header);
  if (!json.contains("msg")) throw BadMessage("the header has no msg");
  Incoming incoming;
  const auto* extra = extra_of(json);
  if (extra) {
    incoming.from_sluice = true;
    incoming.run = short_text(*extra, "run");
    if (extra->contains("bye")) {
      incoming.goodbye = true;
      return incoming;
    }
    if (extra->contains("ping")) {
      constexpr std::int64_t kMostMs = 600'000;
      incoming.ping = std::chrono::milliseconds(whole<std::int64_t>(*extra, "ping", 1, kMostMs));
      return incoming;
    }
  }
  const auto& msg = json.at("msg");
  const std::string text = msg.is_string() ? msg.get<std::string>() : msg.dump();
  if (!incoming.from_sluice && (incoming.event = imagenode_event(text))) return incoming;
  auto frame = std::make_shared<Frame>();
  frame->captured = arrived;
  frame->captured_known = false;
  frame->source = source_of(text);
  if (incoming.from_sluice) read_extra(*extra, *frame, incoming);
  const std::string format = incoming.from_sluice ? short_text(*extra, "fmt") : "";
  const bool encoded = format == "jpeg" || format == "png";
  if (encoded) payload = encoded_in(*extra, payload);
  if (format == "yuv420") {
    frame->payload = planes_of(*extra, payload, std::move(owner));
  } else if (!encoded && json.contains("dtype") && json.contains("shape")) {
    frame->payload = pixels_of(json, format == "array", payload, std::move(owner));
  } else if (is_jpeg(payload) || is_png(payload)) {
    frame->payload = Encoded{is_jpeg(payload) ? Kind::jpeg : Kind::png, payload, std::move(owner)};
  } else {
    throw BadMessage(fmt::format(
        "{}: the payload is neither pixels (no dtype and shape) nor a JPEG", frame->source));
  }
  incoming.frame = std::move(frame);
  return incoming;
}

std::optional<std::vector<Annotation>> annotations_of(std::string_view header) {
  const Json json = parsed(header);
  const auto* extra = extra_of(json);
  return extra ? std::optional(annotations_in(*extra)) : std::nullopt;
}

std::string source_of(std::string_view text) {
  text = text.substr(0, text.find('|'));
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  if (valid_source(text)) return std::string(text);
  if (text.empty()) throw BadMessage("the header's msg names no source");
  std::string name;
  bool odd = text.size() > 59;
  for (const char c : text.substr(0, 59)) {
    const bool good = valid_source(std::string_view(&c, 1));
    odd = odd || (!good && c != ' ');
    name += good ? c : '-';
  }
  if (!odd) return name;
  std::uint32_t hash = 2166136261U;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return fmt::format("{}-{:04x}", name, (hash ^ (hash >> 16)) & 0xFFFFU);
}

}  // namespace sluice::wire
