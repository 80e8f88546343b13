#include <algorithm>
#include <sluice/media/frame.hpp>
#include <sluice/media/recycled_memory.hpp>

namespace sluice {

Encoded Encoded::from(Kind codec, std::vector<std::uint8_t> bytes) {
  auto owner = std::make_shared<const std::vector<std::uint8_t>>(std::move(bytes));
  const std::span<const std::uint8_t> view(*owner);
  return {codec, view, std::move(owner)};
}

Kind Frame::kind() const {
  if (const auto* i = image()) return i->format();
  return std::get<Encoded>(payload).codec;
}

std::size_t Frame::bytes() const {
  if (const auto* i = image()) return i->bytes();
  return std::get<Encoded>(payload).bytes.size();
}

FramePtr share(Frame frame) {
  return std::allocate_shared<const Frame>(std::pmr::polymorphic_allocator<>(&recycled_memory()),
                                           std::move(frame));
}

FramePtr Frame::with(Image image) const {
  return share({source, sequence, captured, captured_known, std::move(image), annotations, sender});
}

FramePtr Frame::with(Encoded encoded) const {
  return share(
      {source, sequence, captured, captured_known, std::move(encoded), annotations, sender});
}

FramePtr Frame::annotated(std::vector<Annotation> more) const {
  Frame copy = *this;
  copy.annotations.insert(copy.annotations.end(), std::make_move_iterator(more.begin()),
                          std::make_move_iterator(more.end()));
  return share(std::move(copy));
}

bool valid_source(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

}  // namespace sluice
