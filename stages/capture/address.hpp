// What the `uri` of capture.video names.
#pragma once

#include <string>

namespace sluice::capture {

struct Address {
  enum class Sort { file, device, url };
  Sort sort = Sort::file;
  std::string path;   // to open: a file's or a device's path, or the URL as it was given
  std::string shown;  // for logs and messages: the path, or the URL without its secrets

  bool live() const { return sort != Sort::file; }
};

// "clip.avi", "0" or "/dev/video0", "rtsp://host/path". Throws std::invalid_argument for what is
// none of them; looks at nothing but the text.
Address parse_address(const std::string& uri);

// A URL fit to be read by anyone: without user and password, and without a query and a path with a
// "=" in it, where many cameras want the password.
std::string without_secrets(const std::string& url);

// The source's name where the graph gives none: a file's name without its ending, else "camera".
std::string default_source(const Address& address);

// Throw std::runtime_error, saying what is wrong and what to do, where the path is not a regular
// file that can be read, or not a camera that can be opened.
void check_file(const std::string& path);
void check_device(const std::string& path);

// What to say of a device that another program has.
std::string in_use(const std::string& path);
// Of one that this user may not open: who may.
std::string no_permission(const std::string& path);

}  // namespace sluice::capture
