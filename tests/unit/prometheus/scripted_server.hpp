#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

struct ssl_ctx_st;
struct ssl_st;

namespace spm::prometheus::testing {

struct SeenRequest {
  std::string head;  ///< request line and header, as sent
  std::string body;

  /// The value of a header, or nothing.
  std::optional<std::string> header(std::string_view name) const;
  /// The decoded values of a parameter, of the form or of the target's query, in their order.
  std::vector<std::string> parameters(std::string_view name) const;
  /// The first of them, or nothing.
  std::optional<std::string> parameter(std::string_view name) const;
};

/// The server's end of one connection, for one script. Reads time out after 20 s, so that no test hangs.
class Peer {
 public:
  Peer(int fd, std::size_t number, ssl_st* tls, std::function<void(const SeenRequest&)> record);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  std::size_t number() const noexcept { return number_; }  ///< 0 for the first connection
  std::optional<SeenRequest> read_request();               ///< nothing when the client has left
  bool send(std::string_view bytes);
  /// Whether there is room for more to send, or comes to be within `patience`.
  bool can_send(std::chrono::milliseconds patience);
  /// Waits until the client closes; true when it did.
  bool wait_for_close();
  void reset();  ///< closes with RST
  std::string client_certificate_name() const;

 private:
  long receive(char* to, std::size_t size);

  int fd_;
  std::size_t number_;
  ssl_st* tls_;
  std::function<void(const SeenRequest&)> record_;
  std::string unread_;
};

/// A server on a free loopback port that runs `script` for every connection, each on its own thread.
class ScriptedServer {
 public:
  using Script = std::function<void(Peer&)>;

  explicit ScriptedServer(Script script, ssl_ctx_st* tls = nullptr);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  std::size_t connections() const;
  std::vector<SeenRequest> requests() const;
  /// For the connections to come.
  void use_tls(ssl_ctx_st* tls);

 private:
  void accept_all();
  void serve(int fd, std::size_t number);

  Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  ssl_ctx_st* tls_;
  std::size_t connections_ = 0;
  std::vector<SeenRequest> requests_;
  std::vector<int> open_;
  std::list<std::thread> workers_;
  std::thread acceptor_;
};

/// A whole answer with Content-Length; `header` lines end in CRLF.
std::string http_answer(std::string_view status, std::string_view body, std::string_view header = "");
/// One series whose first point has `value`, on a grid that begins at second 10.
std::string matrix_json(std::string_view value = "1");

}  // namespace spm::prometheus::testing
