#include "whole_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace sluice::app {
namespace {

bool is_ordinary(const std::string& path) {
  const auto status = std::filesystem::status(path);
  return !std::filesystem::exists(status) || std::filesystem::is_regular_file(status);
}

}  // namespace

WholeFile::WholeFile(std::string path)
    : path_(std::filesystem::is_symlink(path) && is_ordinary(path)
                ? std::filesystem::weakly_canonical(path).string()
                : std::move(path)),
      partial_(is_ordinary(path_) ? path_ + ".part" : path_),
      stream_(partial_, std::ios::trunc) {
  if (!stream_) cannot_write(errno);
}

WholeFile::~WholeFile() {
  if (partial_ != path_) std::remove(partial_.c_str());
}

void WholeFile::put_in_place() {
  errno = 0;
  stream_.close();
  if (!stream_) cannot_write(errno == 0 ? EIO : errno);
  if (partial_ != path_ && std::rename(partial_.c_str(), path_.c_str()) != 0) cannot_write(errno);
}

void WholeFile::put_in_place(const std::string& text) {
  stream_ << text;
  put_in_place();
}

void WholeFile::cannot_write(int why) const {
  throw std::runtime_error(fmt::format("cannot write {}: {}{}", path_,
                                       std::generic_category().message(why),
                                       why == ENOENT ? "; is there such a folder?" : ""));
}

void write_whole(const std::string& file, const std::string& text) {
  if (!file.empty())
    WholeFile(file).put_in_place(text);
  else if (std::fwrite(text.data(), 1, text.size(), stdout) < text.size() ||
           std::fflush(stdout) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot write to standard output");
}

}  // namespace sluice::app
