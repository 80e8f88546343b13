// sluice keygen: CURVE keys for a device, and what to do with them.

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <sluice/media/frame.hpp>
#include <sluice/observe/log.hpp>
#include <stdexcept>

#include "transport/keys.hpp"
#include "verbs.hpp"

namespace sluice::app {
namespace {

namespace fs = std::filesystem;

fs::path default_folder() {
  // The XDG specification has relative paths ignored.
  if (const char* config = std::getenv("XDG_CONFIG_HOME"); config && *config == '/')
    return fs::path(config) / "sluice/keys";
  if (const char* home = std::getenv("HOME"); home && *home == '/')
    return fs::path(home) / ".config/sluice/keys";
  throw std::runtime_error(
      "there is no home to keep keys in: give --folder, or set HOME or XDG_CONFIG_HOME");
}

int keygen(const std::string& name, const std::string& folder) {
  if (!valid_source(name)) {
    fmt::print(stderr,
               "sluice: '{}' is no device's name: it is made of 1 to 64 of A-Z a-z 0-9 _ -\n",
               escaped(name));
    return kWrong;
  }
  // What is printed goes into a graph file, which may be run from elsewhere.
  const auto files = write_keys(fs::absolute(folder.empty() ? default_folder() : fs::path(folder)),
                                name, new_keys());
  fmt::print(R"({public}         the public key, to be copied
{secret}  the secret key: it stays here

A device with a camera: copy {name}.key into the hub's folder of allowed keys, the hub's public
key to here, and write into the stage transport.send
    security = "curve"
    key      = "{secret}"
    peer_key = "{folder}/hub.key"

A hub: copy {name}.key to each device, each device's own .key file into a folder here, and write
into the stage transport.receive
    security = "curve"
    key      = "{secret}"
    allowed  = "{folder}/allowed"
)",
             fmt::arg("public", files.public_file.string()),
             fmt::arg("secret", files.secret_file.string()),
             fmt::arg("folder", files.secret_file.parent_path().string()), fmt::arg("name", name));
  return kDone;
}

}  // namespace

Verb add_keygen(CLI::App& app) {
  struct Options {
    std::string name;
    std::string folder;
  };
  auto options = std::make_shared<Options>();
  auto* verb = app.add_subcommand("keygen", "Makes a device's keys for security = \"curve\"");
  verb->add_option("NAME", options->name, "the device's name, as in pi-garage")->required();
  verb->add_option("--folder", options->folder,
                   "where to put them; default: $XDG_CONFIG_HOME/sluice/keys, else "
                   "~/.config/sluice/keys")
      ->type_name("DIR");
  return [options] { return keygen(options->name, options->folder); };
}

}  // namespace sluice::app
