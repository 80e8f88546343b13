#include "process.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace test {

using namespace std::chrono_literals;

Folder::Folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "sluice-XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp");
  path_ = pattern;
}

Folder::~Folder() {
  std::error_code ignored;  // a folder that stays behind in /tmp fails no test
  std::filesystem::remove_all(path_, ignored);
}

std::string Folder::write(const std::string& name, const std::string& text) const {
  std::ofstream(path_ / name, std::ios::binary) << text;
  return (path_ / name).string();
}

Process::Process(std::vector<std::string> command) {
  std::vector<char*> arguments;
  for (auto& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const auto out = (folder_.path() / "out").string();
  const auto err = (folder_.path() / "err").string();
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ > 0) return;
  if (chdir(SLUICE_SOURCE_DIR) != 0) _exit(127);
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(open(out.c_str(), O_WRONLY | O_CREAT, 0600), STDOUT_FILENO);
  dup2(open(err.c_str(), O_WRONLY | O_CREAT, 0600), STDERR_FILENO);
  execv(arguments[0], arguments.data());
  _exit(127);
}

Process::~Process() {
  if (over_) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

int Process::wait(std::chrono::seconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!over_) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      over_ = true;
      status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    } else if (std::chrono::steady_clock::now() > end) {
      return -1;
    } else {
      std::this_thread::sleep_for(5ms);
    }
  }
  return status_;
}

void Process::signal(int number) { kill(pid_, number); }

std::string Process::out() const { return read_text(folder_.path() / "out"); }
std::string Process::err() const { return read_text(folder_.path() / "err"); }

bool Process::says(const std::string& text) {
  const auto end = std::chrono::steady_clock::now() + 60s;
  for (;;) {
    const bool ended = wait(0s) != -1;
    if (err().find(text) != std::string::npos || out().find(text) != std::string::npos) return true;
    if (ended || std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(10ms);
  }
}

std::string binary() {
  const char* another = std::getenv("SLUICE_BINARY");
  return another ? std::filesystem::absolute(another).string() : SLUICE_BINARY;
}

std::vector<std::string> sluice(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), binary());
  return arguments;
}

std::string read_text(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

nlohmann::json read_json(const std::filesystem::path& file) {
  return nlohmann::json::parse(read_text(file));
}

namespace {

// Held until this process ends: no other test's process takes the same port meanwhile.
bool reserve(int port) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  const auto text = "sluice-test-port-" + std::to_string(port);  // of no file: after a zero
  text.copy(name.sun_path + 1, text.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(fd, reinterpret_cast<sockaddr*>(&name), size) == 0) return true;
  close(fd);
  return false;
}

bool nobody_listens(int port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  a.sin_port = htons(static_cast<std::uint16_t>(port));
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&a), sizeof a) == 0;
  close(fd);
  return bound;
}

}  // namespace

std::string free_address() {
  // Below the ports that the kernel gives to connections, any of which may come in between.
  static std::mt19937 random{std::random_device()()};
  std::uniform_int_distribution<int> ports(10'000, 32'000);
  for (int tries = 0; tries < 1000; ++tries)
    if (const int port = ports(random); reserve(port) && nobody_listens(port))
      return "127.0.0.1:" + std::to_string(port);
  throw std::runtime_error("no free port");
}

}  // namespace test
