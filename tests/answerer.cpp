// A command for external.process that answers the first frame as its first argument says, the next
// as the second one does, and all further ones as the last. What it gets it takes for granted.
//
//   echo         what came
//   annotate     no picture, and one annotation more
//   again        what came, twice
//   unasked      an answer to no question, then what came
//   rubbish      a message that is no answer, then what came
//   three        nothing until there are three questions, then what came, the last one first
//   part TEXT    this one part
//   parts TEXT   this and two more
//   header TEXT  this header, and the picture that came
//   bare TEXT    this header, and no picture
//   flood        what nobody asked for, without end
//   late         what came, but only once it is told to end; and says so
//   never        nothing
//   end          says so, and ends with status 3
//
// A DEALER, unlike the REP that a command should use, lets it break the rules.

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>
#include <zmq.hpp>

namespace {

using Parts = std::vector<std::string>;

Parts receive(zmq::socket_t& socket) {
  Parts parts;
  for (bool more = true; more;) {
    zmq::message_t part;
    if (!socket.recv(part)) throw std::runtime_error("nothing to receive");
    parts.push_back(part.to_string());
    more = part.more();
  }
  return parts;
}

void send(zmq::socket_t& socket, const Parts& parts) {
  for (std::size_t i = 0; i < parts.size(); ++i)
    socket.send(zmq::buffer(parts[i]),
                i + 1 < parts.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
}

std::string annotated(const std::string& header) {
  auto json = nlohmann::json::parse(header);
  json["sluice"]["ann"].push_back({{"l", "spot"}, {"b", {0.25, 0.5, 0.125, 0.0625}}});
  return json.dump();
}

}  // namespace

int main(int argc, char** argv) {
  // Before there are other threads.
  sigset_t term;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  if (std::find(argv, argv + argc, std::string("late")) != argv + argc)
    pthread_sigmask(SIG_BLOCK, &term, nullptr);
  zmq::context_t context{1};
  zmq::socket_t socket(context, zmq::socket_type::dealer);
  socket.connect(std::getenv("SLUICE_ADDRESS"));
  for (int next = 1;;) {
    const auto question = receive(socket);  // number, nothing, header, picture
    const auto answer = [&](const Parts& parts) {
      Parts all{question[0], ""};
      all.insert(all.end(), parts.begin(), parts.end());
      send(socket, all);
    };
    const Parts echo{question[2], question[3]};
    const std::string way = argv[next];
    const bool has_text = way == "part" || way == "parts" || way == "header" || way == "bare";
    const std::string text = has_text ? argv[next + 1] : "";
    if (next + (has_text ? 2 : 1) < argc) next += has_text ? 2 : 1;
    if (way == "echo") answer(echo);
    if (way == "annotate") answer({annotated(question[2]), ""});
    if (way == "again") answer(echo), answer(echo);
    if (way == "unasked") send(socket, {"77", "", question[2], question[3]}), answer(echo);
    if (way == "rubbish") send(socket, {"rubbish"}), answer(echo);
    if (way == "three") {
      const auto second = receive(socket), third = receive(socket);
      send(socket, third), send(socket, second), answer(echo);
    }
    if (way == "part") answer({text});
    if (way == "parts") answer({text, "", ""});
    if (way == "header") answer({text, question[3]});
    if (way == "bare") answer({text, ""});
    while (way == "flood") send(socket, {"77", "", question[2], question[3]});
    if (way == "late") {
      int signal = 0;
      sigwait(&term, &signal);
      answer(echo);
      std::puts("answered late");
      std::fflush(stdout);
    }
    if (way == "end") {
      std::puts("these are\nmy last words");
      return 3;
    }
  }
}
