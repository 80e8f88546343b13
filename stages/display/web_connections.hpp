// Who is connected to a web server and isn't sent a stream: nobody takes the others' places by
// saying nothing, or little.
#pragma once

#include <microhttpd.h>

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <sluice/media/time.hpp>
#include <string>
#include <thread>

namespace sluice::display {

// The address of the other side; of IPv6 the network, since one peer has all of it.
std::string address_of(MHD_Connection* connection);

// Libmicrohttpd's own timeout begins anew with each byte. Here a request has to be there as a whole
// within some time, and its answer taken within some more. Where there are too many, the one that
// has waited longest goes, of those from the address that has most: who asks at once is answered.
//
// Told by the server's thread; a thread of its own watches the time, by the system's clock as
// libmicrohttpd does. What is cut is closed by libmicrohttpd, which then says closed().
class Connections {
 public:
  struct Limits {
    std::size_t most = 64;
    Duration head = std::chrono::seconds(5);     // for all of a request's lines, from when it may
    Duration answer = std::chrono::seconds(30);  // begin; and for taking the answer
  };
  explicit Connections(const Limits& limits);
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  void opened(MHD_Connection* connection);
  void asked(MHD_Connection* connection);     // all of a request's lines have come
  void streams(MHD_Connection* connection);   // it isn't watched here from now on
  void answered(MHD_Connection* connection);  // another request may begin
  void closed(MHD_Connection* connection);

 private:
  struct One {
    int fd;
    std::string address;
    std::uint64_t number;  // counts up with each request
    SteadyTime until;
    bool asked = false;
  };

  void wait(MHD_Connection* connection, bool asked);
  void make_room();
  void cut(MHD_Connection* connection);
  void run();

  const Limits limits_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::uint64_t numbers_ = 0;
  std::map<MHD_Connection*, One> watched_;
  std::map<MHD_Connection*, One> others_;  // streams, and those that are cut
  std::thread thread_;                     // last: it uses all of the above
};

}  // namespace sluice::display
