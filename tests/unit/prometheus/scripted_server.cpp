#include "scripted_server.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace spm::prometheus::testing {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

}  // namespace

std::optional<std::string> SeenRequest::header(std::string_view name) const {
  const std::string wanted = "\r\n" + lower(name) + ": ";
  const std::size_t at = lower(head).find(wanted);
  if (at == std::string::npos) return std::nullopt;
  const std::size_t begin = at + wanted.size();
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

std::vector<std::string> SeenRequest::parameters(std::string_view name) const {
  const std::string_view line = std::string_view(head).substr(0, head.find(" HTTP/1.1\r\n"));
  const std::size_t question = line.find('?');
  std::string pairs = question == std::string_view::npos ? "" : std::string(line.substr(question + 1)) + "&";
  pairs += body;
  std::vector<std::string> values;
  std::string_view rest = pairs;
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && decoded(pair.substr(0, equals)) == name) {
      values.push_back(decoded(pair.substr(equals + 1)));
    }
  }
  return values;
}

std::optional<std::string> SeenRequest::parameter(std::string_view name) const {
  const std::vector<std::string> values = parameters(name);
  if (values.empty()) return std::nullopt;
  return values.front();
}

Peer::Peer(int fd, std::size_t number, ssl_st* tls, std::function<void(const SeenRequest&)> record)
    : fd_(fd),
      number_(number),
      tls_(tls),
      record_(std::move(record)) {}

Peer::~Peer() { SSL_free(tls_); }

long Peer::receive(char* to, std::size_t size) {
  if (tls_ != nullptr) return SSL_read(tls_, to, static_cast<int>(size));
  return ::recv(fd_, to, size, 0);
}

std::optional<SeenRequest> Peer::read_request() {
  char chunk[4096];
  const auto more = [&] {
    const long count = receive(chunk, sizeof(chunk));
    if (count <= 0) return false;
    unread_.append(chunk, static_cast<std::size_t>(count));
    return true;
  };
  std::size_t end = 0;
  while ((end = unread_.find("\r\n\r\n")) == std::string::npos) {
    if (!more()) return std::nullopt;
  }
  SeenRequest request;
  request.head = unread_.substr(0, end + 4);
  unread_.erase(0, end + 4);
  const std::size_t length = std::stoul(request.header("Content-Length").value_or("0"));
  while (unread_.size() < length) {
    if (!more()) return std::nullopt;
  }
  request.body = unread_.substr(0, length);
  unread_.erase(0, length);
  record_(request);
  return request;
}

bool Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const long count = tls_ != nullptr ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                                       : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool Peer::can_send(std::chrono::milliseconds patience) {
  pollfd socket{fd_, POLLOUT, 0};
  return ::poll(&socket, 1, static_cast<int>(patience.count())) == 1;
}

bool Peer::wait_for_close() {
  char byte = 0;
  const long count = ::recv(fd_, &byte, 1, 0);
  return count == 0 || (count < 0 && errno == ECONNRESET);
}

void Peer::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

std::string Peer::client_certificate_name() const {
  X509* certificate = tls_ == nullptr ? nullptr : SSL_get_peer_certificate(tls_);
  if (certificate == nullptr) return {};
  char name[200] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof(name));
  X509_free(certificate);
  return name;
}

ScriptedServer::ScriptedServer(Script script, ssl_ctx_st* tls) : script_(std::move(script)), tls_(tls) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::abort();
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

ScriptedServer::~ScriptedServer() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& worker : workers_) worker.join();
}

std::size_t ScriptedServer::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

std::vector<SeenRequest> ScriptedServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void ScriptedServer::use_tls(ssl_ctx_st* tls) {
  const std::lock_guard lock(mutex_);
  tls_ = tls;
}

void ScriptedServer::accept_all() {
  while (true) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const timeval patience{20, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    const std::lock_guard lock(mutex_);
    const std::size_t number = connections_++;
    open_.push_back(fd);
    workers_.emplace_back([this, fd, number] { serve(fd, number); });
  }
}

void ScriptedServer::serve(int fd, std::size_t number) {
  // OpenSSL writes without MSG_NOSIGNAL. Blocked here only, so that the client's own sins stay visible.
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  ssl_st* tls = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (tls_ != nullptr) tls = SSL_new(tls_);
  }
  if (tls != nullptr) SSL_set_fd(tls, fd);
  {
    Peer peer(fd, number, tls, [this](const SeenRequest& request) {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    });
    if (tls == nullptr || SSL_accept(tls) == 1) script_(peer);
  }
  const std::lock_guard lock(mutex_);
  std::erase(open_, fd);
  ::close(fd);
}

std::string http_answer(std::string_view status, std::string_view body, std::string_view header) {
  return "HTTP/1.1 " + std::string(status) + "\r\n" + std::string(header) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string matrix_json(std::string_view value) {
  return R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[10,")" +
         std::string(value) + R"("]]}]}})";
}

}  // namespace spm::prometheus::testing
