// How a transport stage is reached, and by whom: the parameters that sending and receiving share.
#pragma once

#include <sluice/graph/declare.hpp>
#include <string>
#include <vector>

#include "transport/doorkeeper.hpp"

namespace sluice {

struct Access {
  std::vector<std::string> bind;
  std::vector<std::string> connect;
  std::string security;
  std::string key;
  std::vector<std::string> peer_key;
  std::string allowed;
  Duration dead_after = std::chrono::seconds(2);
  int max_peers = 256;
  int max_peers_per_address = 32;
};

// What the check of the graph says of them. Looks nothing up: a name that does not resolve now, and
// a file that is not on this machine, may do well where the graph runs.
void check_access(const Access& access, ParamProblems& problems);

// What of these a socket that listens holds its peers to.
Doorkeeper::Limits limits(const Access& access);

// For the declaration of a stage type that derives from Access. `other`: the other side, for
// people.
template <class T>
void declare_access(Declare<T>& d, const std::string& other) {
  using Text = std::string T::*;
  using Texts = std::vector<std::string> T::*;
  d.param("bind", static_cast<Texts>(&Access::bind),
          "address or addresses to listen on, such as tcp://127.0.0.1:5555")
      .binds();
  d.param("connect", static_cast<Texts>(&Access::connect),
          "address or addresses of " + other + ", such as tcp://192.168.1.10:5555")
      .connects();
  d.param("security", static_cast<Text>(&Access::security),
          "\"curve\": keys; \"none\": anybody who can reach the address gets in. One of them is "
          "needed to listen beyond loopback")
      .choices({"", "none", "curve"});
  d.param("key", static_cast<Text>(&Access::key),
          "with \"curve\": the file with this device's own keys, NAME.key_secret");
  d.param("peer_key", static_cast<Texts>(&Access::peer_key),
          "to connect with \"curve\": the file with the other side's key, NAME.key; one for all "
          "addresses, or one for each");
  d.param("allowed", static_cast<Text>(&Access::allowed),
          "to listen with \"curve\": the folder with the key of each device that gets in");
  d.param(
       "dead_after", static_cast<Duration T::*>(&Access::dead_after),
       "a Sluice peer from which nothing comes for so long is given up; bytes of a picture that is "
       "on its way count")
      .range(std::chrono::milliseconds(500), std::chrono::minutes(1));
  d.param("max_peers", static_cast<int T::*>(&Access::max_peers),
          "to listen: further connections are refused, and what comes by them is dropped as "
          "`too_many_peers`")
      .range(1, 4096);
  d.param("max_peers_per_address", static_cast<int T::*>(&Access::max_peers_per_address),
          "to listen: of one machine, but for this one")
      .range(1, 4096);
  d.check([](const T& stage, ParamProblems& problems) { check_access(stage, problems); });
}

}  // namespace sluice
