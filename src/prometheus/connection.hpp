#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <spm/base/result.hpp>
#include <spm/prometheus/store_options.hpp>
#include <spm/telemetry/metrics.hpp>

#include "body_intake.hpp"
#include "padded_buffer.hpp"
#include "tls_contexts.hpp"

namespace spm::prometheus {

using Request = boost::beast::http::request<boost::beast::http::string_body>;

/// An answer that HTTP's framing says is complete (of an error, whatever came of its body).
struct Reply {
  unsigned status = 0;
  std::string location;
  std::string retry_after;
  std::string content_encoding;  ///< empty: none
  std::string content_type;
  bool from_victoria_metrics = false;  ///< it says so in a header
  bool whole = false;                  ///< the body is all of it; of an error it may be only what came
  PaddedBuffer body;                   ///< as sent
};

/// How one request on one connection ended.
class Exchange {
 public:
  enum class Outcome : std::uint8_t {
    answered,
    streamed,            ///< the body went into the intake, all of it
    refused,             ///< the intake wanted no more: see `refusal`
    dead_before_answer,  ///< not one byte came back: an idle connection that had ended
    too_large,           ///< over a limit of ours
    broken,              ///< ended in the middle, or not HTTP, or framed as no answer may be
    cancelled,
  };

  Outcome outcome = Outcome::broken;
  std::string problem;    ///< for a message, when there is no answer
  base::Error refusal;    ///< the intake's own words
  bool reusable = false;  ///< the connection can take the next request
  Reply reply;
};

/// How much of an answer is taken.
struct ReplyLimits {
  std::size_t max_body;        ///< as it is, without compression
  std::size_t max_compressed;  ///< with it
  std::uint64_t max_stream;    ///< into an intake
};

/// One connection to the store. Used by one coroutine at a time, on its strand; may wander between strands while idle.
class Connection {
 public:
  using Clock = std::chrono::steady_clock;

  /// Resolves, connects (to each address in turn) and shakes hands, all within the connect timeout. Runs on the calling
  /// coroutine's executor, a strand. `io` is the executor that outlives it. Errors: store_unreachable, cancelled.
  static boost::asio::awaitable<base::Result<std::unique_ptr<Connection>>> open(boost::asio::any_io_executor io,
                                                                                const StoreOptions& options,
                                                                                TlsSetup tls,
                                                                                telemetry::Metrics& metrics);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Sends `request` and takes its answer, the body into `intake` where there is one that wants it: nothing is read
  /// from the network while that works. After anything but a reusable outcome the connection is of no more use.
  boost::asio::awaitable<Exchange> exchange(const Request& request, ReplyLimits limits, BodyIntake* intake);

  Clock::time_point born() const noexcept { return born_; }
  std::uint64_t generation() const noexcept { return generation_; }
  /// Whether the other side has, as far as can be seen without asking, neither closed it nor sent anything.
  bool looks_alive() const noexcept;

 private:
  class Transport;
  class Dialogue;
  using Tls = boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>;
  Connection(const boost::asio::any_io_executor& io, TlsSetup tls, telemetry::Metrics& metrics);

  boost::asio::awaitable<base::Result<void>> establish(const StoreOptions& options);
  boost::asio::awaitable<base::Result<void>> connect(const StoreOptions& options);
  boost::asio::awaitable<base::Result<void>> shake_hands(Tls& tls, const StoreOptions& options);

  std::unique_ptr<Transport> transport_;
  std::uint64_t generation_;
  Clock::time_point born_;
  telemetry::Metrics& metrics_;
};

}  // namespace spm::prometheus
