#include "connection.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <netinet/tcp.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>

#include <spm/base/utf8.hpp>

#include "transport.hpp"

namespace spm::prometheus {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;
using namespace asio::experimental::awaitable_operators;  // NOLINT(google-build-using-namespace): operator||

namespace {

constexpr auto kQuietly = asio::as_tuple(asio::use_awaitable);

base::Error cancelled() { return base::Error(base::ErrorKind::cancelled, "the caller went away"); }

base::Error unreachable(const StoreOptions& options, const std::string& why) {
  return base::Error(base::ErrorKind::store_unreachable,
                     "cannot reach the metrics store at " + options.url.text() + ": " + why);
}

/// What a name stands for. Shared with the resolver's thread's completion, because getaddrinfo cannot be interrupted:
/// whoever waits leaves, and the answer is dropped when it comes.
struct Lookup {
  explicit Lookup(const asio::any_io_executor& strand)
      : resolver(strand),
        finished(strand, asio::steady_timer::time_point::max()) {}

  tcp::resolver resolver;
  asio::steady_timer finished;  ///< expires when the answer is there
  bool answered = false;
  error_code error;
  std::vector<tcp::endpoint> endpoints;
};

asio::awaitable<std::shared_ptr<Lookup>> look_up(std::string host, std::uint16_t port) {
  const asio::any_io_executor strand = co_await asio::this_coro::executor;
  auto lookup = std::make_shared<Lookup>(strand);
  error_code not_an_address;
  const auto address = asio::ip::make_address(host, not_an_address);
  if (!not_an_address) {
    lookup->endpoints.emplace_back(address, port);
    lookup->answered = true;
    co_return lookup;
  }
  auto answer = [lookup](const error_code& error, const tcp::resolver::results_type& results) {
    lookup->answered = true;
    lookup->error = error;
    for (const auto& entry : results) lookup->endpoints.push_back(entry.endpoint());
    lookup->finished.expires_at(asio::steady_timer::time_point::min());
  };
  lookup->resolver.async_resolve(host, std::to_string(port), asio::bind_executor(strand, std::move(answer)));
  static_cast<void>(co_await lookup->finished.async_wait(kQuietly));
  if (!lookup->answered) lookup->resolver.cancel();
  co_return lookup;
}

/// Finds out that the other side is gone while bytes of ours are not acknowledged, or while nothing is said at all.
void watch_for_silence(tcp::socket& socket, std::chrono::milliseconds patience) {
  error_code ignored;  // a kernel without one of these has the others
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  const int fd = socket.native_handle();
  const auto set = [fd](int option, int value) {
    static_cast<void>(::setsockopt(fd, IPPROTO_TCP, option, &value, sizeof(value)));
  };
  set(TCP_KEEPIDLE, 15);
  set(TCP_KEEPINTVL, 5);
  set(TCP_KEEPCNT, 3);
  set(TCP_USER_TIMEOUT, static_cast<int>(std::min<std::int64_t>(patience.count(), 60'000)));
}

/// One attempt at one address, given up after `patience`.
asio::awaitable<error_code> try_address(tcp::socket& socket, const tcp::endpoint& endpoint,
                                        asio::steady_timer::duration patience) {
  const asio::any_io_executor strand = co_await asio::this_coro::executor;
  asio::steady_timer timer(strand, patience);
  auto attempt = socket.async_connect(endpoint, kQuietly);
  auto timeout = timer.async_wait(kQuietly);
  auto first = co_await (std::move(attempt) || std::move(timeout));
  if (first.index() == 1) co_return asio::error::make_error_code(asio::error::timed_out);
  co_return std::get<0>(std::get<0>(first));
}

}  // namespace

Connection::Connection(const asio::any_io_executor& io, TlsSetup tls, telemetry::Metrics& metrics)
    : transport_(std::make_unique<Transport>(io, std::move(tls.context))),
      generation_(tls.generation),
      born_(Clock::now()),
      metrics_(metrics) {
  metrics_.upstream_connections(1);
}

Connection::~Connection() { metrics_.upstream_connections(-1); }

bool Connection::looks_alive() const noexcept {
  char byte = 0;
  const auto seen = ::recv(transport_->socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return seen < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

asio::awaitable<base::Result<std::unique_ptr<Connection>>> Connection::open(asio::any_io_executor io,
                                                                            const StoreOptions& options, TlsSetup tls,
                                                                            telemetry::Metrics& metrics) {
  const asio::any_io_executor strand = co_await asio::this_coro::executor;
  const auto state = co_await asio::this_coro::cancellation_state;
  std::unique_ptr<Connection> connection(new Connection(io, std::move(tls), metrics));
  asio::steady_timer timer(strand, options.connect_timeout);
  auto attempt = connection->establish(options);
  auto timeout = timer.async_wait(kQuietly);
  auto first = co_await (std::move(attempt) || std::move(timeout));
  if (state.cancelled() != asio::cancellation_type::none) co_return base::fail(cancelled());
  if (first.index() == 1) {
    std::string why = "no connection within " + std::to_string(options.connect_timeout.count()) + " ms (" +
                      std::string(kConnectTimeoutSetting) + ")";
    co_return base::fail(unreachable(options, why));
  }
  base::Result<void> established = std::move(std::get<0>(first));
  if (!established) co_return base::fail(std::move(established.error()));
  co_return std::move(connection);
}

asio::awaitable<base::Result<void>> Connection::establish(const StoreOptions& options) {
  co_await asio::this_coro::throw_if_cancelled(false);
  base::Result<void> connected = co_await connect(options);
  Tls* const tls = transport_->secure();
  if (!connected || tls == nullptr) co_return connected;
  co_return co_await shake_hands(*tls, options);
}

asio::awaitable<base::Result<void>> Connection::connect(const StoreOptions& options) {
  const auto state = co_await asio::this_coro::cancellation_state;
  const auto give_up_at = Clock::now() + options.connect_timeout;
  std::string host = options.url.host;
  const std::shared_ptr<Lookup> lookup = co_await look_up(std::move(host), options.url.port);
  if (state.cancelled() != asio::cancellation_type::none) co_return base::fail(cancelled());
  if (lookup->error || lookup->endpoints.empty()) {
    const std::string why = lookup->error ? lookup->error.message() : "the name has no address";
    co_return base::fail(unreachable(options, "its name cannot be resolved: " + why));
  }
  error_code error;
  std::size_t left = lookup->endpoints.size();
  for (const tcp::endpoint& endpoint : lookup->endpoints) {
    error_code ignored;
    transport_->socket.close(ignored);
    // An address that swallows packets must leave time for the others.
    const auto patience = (give_up_at - Clock::now()) / static_cast<int>(left--);
    error = co_await try_address(transport_->socket, endpoint, patience);
    if (state.cancelled() != asio::cancellation_type::none) co_return base::fail(cancelled());
    if (!error) break;
  }
  if (error) co_return base::fail(unreachable(options, error.message()));
  watch_for_silence(transport_->socket, options.connect_timeout);
  co_return base::Result<void>();
}

asio::awaitable<base::Result<void>> Connection::shake_hands(Tls& tls, const StoreOptions& options) {
  const std::string& name = options.tls.server_name.empty() ? options.url.host : options.tls.server_name;
  error_code not_an_address;
  static_cast<void>(asio::ip::make_address(name, not_an_address));
  if (not_an_address) SSL_set_tlsext_host_name(tls.native_handle(), name.c_str());  // NOLINT: OpenSSL's macro
  if (!options.tls.skip_verify) tls.set_verify_callback(ssl::host_name_verification(name));
  const auto [error] = co_await tls.async_handshake(ssl::stream_base::client, kQuietly);
  if (!error) co_return base::Result<void>();
  std::string why = "TLS: " + base::printable(error.message());
  const long verdict = SSL_get_verify_result(tls.native_handle());
  if (verdict != X509_V_OK) {
    why += " (" + std::string(X509_verify_cert_error_string(verdict)) + "); check " + std::string(kTlsCaSetting) +
           " and " + std::string(kTlsServerNameSetting);
  }
  co_return base::fail(unreachable(options, why));
}

}  // namespace spm::prometheus
