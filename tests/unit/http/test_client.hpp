#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace spm::http {

/// A plain blocking socket: sends what it is told, byte by byte if need be, and reads answers. Every wait is bounded.
class TestClient {
 public:
  explicit TestClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int result = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    EXPECT_EQ(result, 0);
  }
  ~TestClient() { close(); }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;  // the other side has closed; reading tells
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  /// The next answer, head and body by its Content-Length. `head_only`: it answers a HEAD. Empty: closed before.
  std::string read_answer(bool head_only = false) {
    std::size_t end = std::string::npos;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more()) return {};
    }
    std::size_t size = end + 4;
    const std::size_t length = received_.find("Content-Length: ");
    if (!head_only && length < end) size += std::stoul(received_.substr(length + 16));
    while (received_.size() < size) {
      if (!read_more()) return {};
    }
    std::string answer = received_.substr(0, size);
    received_.erase(0, size);
    return answer;
  }

  /// Whether the server closes now, sending nothing more.
  bool closed_by_server() { return received_.empty() && !read_more() && closed_; }

  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  void shrink_receive_buffer() {
    const int size = 4'096;
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  }

 private:
  bool read_more() {
    pollfd waiting{socket_, POLLIN, 0};
    if (::poll(&waiting, 1, 20'000) != 1) return false;
    char bytes[65'536];
    const ssize_t size = ::recv(socket_, bytes, sizeof bytes, 0);
    if (size <= 0) {
      closed_ = true;
      return false;
    }
    received_.append(bytes, static_cast<std::size_t>(size));
    return true;
  }

  int socket_;
  std::string received_;
  bool closed_ = false;
};

}  // namespace spm::http
