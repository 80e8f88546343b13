#include "external/questions.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "transport/socket.hpp"
#include "transport/wire.hpp"

namespace sluice::external {

Questions::Questions(zmq::context_t& context, const std::string& address, int window,
                     std::int64_t most_bytes)
    : window_(static_cast<std::size_t>(window)), socket_(context, zmq::socket_type::dealer) {
  socket_.set(zmq::sockopt::linger, 0);
  socket_.set(zmq::sockopt::maxmsgsize, most_bytes);
  socket_.set(zmq::sockopt::rcvhwm, 2 * window);  // what it sends is bounded by the window
  socket_.bind(address);
}

void Questions::ask(FramePtr frame, UtcTime now) {
  const auto header = wire::header_of(*frame, {.run = {}, .sent = now, .offset = {}});
  const auto payload = wire::payload_of(frame);
  const auto& question = under_way_.emplace_back(Question{next_number_++, std::move(frame)});
  const auto more = zmq::send_flags::sndmore | zmq::send_flags::dontwait;
  // Once the first part is taken, the others are. It isn't where the command has just gone: the
  // question is then not answered, like those before it.
  if (!socket_.send(zmq::buffer(std::to_string(question.number)), more)) return;
  socket_.send(zmq::message_t(), more);
  socket_.send(zmq::buffer(header), more);
  socket_.send(message_over(payload.bytes, payload.owner), zmq::send_flags::dontwait);
}

std::optional<Questions::Answer> Questions::next_answer() {
  constexpr std::size_t kMostParts = 8;  // more than any answer has
  std::size_t beyond = 0;
  auto parts = receive_parts(socket_, kMostParts, beyond);
  if (parts.empty()) return {};
  Answer answer;
  if (parts.size() < 3 || parts[1].size() != 0) return answer;
  const auto asked = std::find_if(under_way_.begin(), under_way_.end(), [&](const Question& q) {
    return std::to_string(q.number) == parts[0].to_string_view();
  });
  if (asked == under_way_.end()) return answer;
  answer.question = std::move(*asked);
  under_way_.erase(asked);
  answer.parts.assign(std::make_move_iterator(parts.begin() + 2),
                      std::make_move_iterator(parts.end()));
  return answer;
}

}  // namespace sluice::external
