// load PORT TARGET CONNECTIONS SECONDS [DEPTH]: asks 127.0.0.1 for the same thing over connections that stay open,
// DEPTH requests under way on each (default 1), and prints one line of JSON: answers a second, bytes a second, the
// median and the 99th percentile of the time from request to answer. Ends with 1 when an answer is not a 200 with
// Content-Length.
//
// One thread and plain reads, so that on a small machine most of the processor is left to the server.

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kReadSize = std::size_t{256} << 10U;
constexpr std::size_t kMaxHead = std::size_t{16} << 10U;

[[noreturn]] void end(const std::string& why) {
  std::fprintf(stderr, "load: %s\n", why.c_str());
  std::exit(1);
}

[[noreturn]] void end_by_errno(const std::string& what) { end(what + ": " + std::strerror(errno)); }

std::size_t number(std::string_view text) {
  std::size_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || stop != text.data() + text.size()) end("'" + std::string(text) + "' is not a number");
  return value;
}

std::size_t content_length(std::string_view head) {
  constexpr std::string_view kField = "\r\nContent-Length: ";
  const std::size_t at = head.find(kField);
  if (at == std::string_view::npos) end("an answer without Content-Length: " + std::string(head));
  const std::string_view rest = head.substr(at + kField.size());
  return number(rest.substr(0, rest.find('\r')));
}

struct Totals {
  std::uint64_t answers = 0;
  std::uint64_t bytes = 0;
  std::vector<float> took_ms;
};

class Connection {
 public:
  Connection(std::uint16_t port, const std::string& request, std::size_t depth)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
        request_(request) {
    if (socket_ < 0) end_by_errno("socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) end_by_errno("connect");
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ask(depth);
  }
  ~Connection() { ::close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int socket() const noexcept { return socket_; }

  /// Takes what has arrived and asks again for every answer that is complete.
  void readable(std::array<char, kReadSize>& place, Totals& totals) {
    const ssize_t size = ::recv(socket_, place.data(), place.size(), MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size < 0) end_by_errno("recv");
    if (size == 0) end("the server closed a connection");
    totals.bytes += static_cast<std::uint64_t>(size);
    const std::size_t complete = take(std::string_view(place.data(), static_cast<std::size_t>(size)));
    const auto now = Clock::now();
    for (std::size_t i = 0; i < complete; ++i) {
      totals.took_ms.push_back(std::chrono::duration<float, std::milli>(now - asked_.front()).count());
      asked_.pop_front();
    }
    totals.answers += complete;
    if (complete > 0) ask(complete);
  }

 private:
  void ask(std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += request_;
    asked_.insert(asked_.end(), times, Clock::now());
    // A few hundred bytes fit into any socket's buffer.
    if (::send(socket_, all.data(), all.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(all.size())) end_by_errno("send");
  }

  /// How many answers `bytes` complete.
  std::size_t take(std::string_view bytes) {
    std::size_t complete = 0;
    while (!bytes.empty()) {
      if (body_left_ == 0) {
        const std::size_t before = head_.size();
        head_ += bytes.substr(0, kMaxHead);
        const std::size_t stop = head_.find("\r\n\r\n");
        if (stop == std::string::npos) {
          if (head_.size() > kMaxHead) end("an endless head");
          return complete;
        }
        head_.resize(stop + 4);
        bytes.remove_prefix(head_.size() - before);
        if (!head_.starts_with("HTTP/1.1 200 ")) end("not a 200: " + head_);
        body_left_ = content_length(head_);
        head_.clear();
      }
      const std::size_t of_body = std::min(body_left_, bytes.size());
      bytes.remove_prefix(of_body);
      body_left_ -= of_body;
      if (body_left_ == 0) ++complete;
    }
    return complete;
  }

  int socket_;
  const std::string& request_;
  std::string head_;  ///< of an answer whose end has not been seen
  std::size_t body_left_ = 0;
  std::deque<Clock::time_point> asked_;
};

float quantile(std::vector<float>& sorted, double q) {
  return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5 || argc > 6) end("load PORT TARGET CONNECTIONS SECONDS [DEPTH]");
  const auto port = static_cast<std::uint16_t>(number(argv[1]));
  const std::string request = "GET " + std::string(argv[2]) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  const std::size_t count = number(argv[3]);
  const double seconds = static_cast<double>(number(argv[4]));
  const std::size_t depth = argc == 6 ? number(argv[5]) : 1;

  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  if (poll < 0) end_by_errno("epoll_create1");
  std::vector<std::unique_ptr<Connection>> connections;
  for (std::size_t i = 0; i < count; ++i) {
    auto& made = connections.emplace_back(std::make_unique<Connection>(port, request, depth));
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    wanted.data.ptr = made.get();
    if (::epoll_ctl(poll, EPOLL_CTL_ADD, made->socket(), &wanted) != 0) end_by_errno("epoll_ctl");
  }

  auto place = std::make_unique<std::array<char, kReadSize>>();
  Totals totals;
  const auto begun = Clock::now();
  double passed = 0;
  while (passed < seconds) {
    std::array<epoll_event, 64> ready{};
    const int some = ::epoll_wait(poll, ready.data(), static_cast<int>(ready.size()), 100);
    if (some < 0 && errno != EINTR) end_by_errno("epoll_wait");
    for (int i = 0; i < some; ++i) {
      static_cast<Connection*>(ready[static_cast<std::size_t>(i)].data.ptr)->readable(*place, totals);
    }
    passed = std::chrono::duration<double>(Clock::now() - begun).count();
  }
  std::sort(totals.took_ms.begin(), totals.took_ms.end());
  std::printf("{\"per_s\": %.1f, \"mb_per_s\": %.1f, \"p50_ms\": %.3f, \"p99_ms\": %.3f}\n",
              static_cast<double>(totals.answers) / passed, static_cast<double>(totals.bytes) / passed / 1e6,
              static_cast<double>(quantile(totals.took_ms, 0.5)), static_cast<double>(quantile(totals.took_ms, 0.99)));
  ::close(poll);
  return 0;
}
