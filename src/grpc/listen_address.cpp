#include "listen_address.hpp"

#include <cerrno>
#include <charconv>
#include <memory>
#include <system_error>

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <spm/base/utf8.hpp>

namespace spm::grpc {
namespace {

tl::unexpected<base::Error> refuse(std::string_view host_port, std::string_view why) {
  return base::fail(base::ErrorKind::invalid_argument, "'" + base::printable(host_port) +
                                                           "' is not an address to listen on: " + std::string(why) +
                                                           ", write for example :16691 or 127.0.0.1:16691");
}

std::string last_error() { return std::generic_category().message(errno); }

/// What the system says to a listener at `place`; empty when it takes one.
std::string try_to_listen(const addrinfo& place) {
  const int handle = ::socket(place.ai_family, place.ai_socktype | SOCK_CLOEXEC, place.ai_protocol);
  if (handle < 0) return last_error();
  const int on = 1;
  ::setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  std::string problem;
  if (::bind(handle, place.ai_addr, place.ai_addrlen) != 0 || ::listen(handle, 1) != 0) problem = last_error();
  ::close(handle);
  return problem;
}

}  // namespace

base::Result<ListenAddress> parse_listen_address(std::string_view host_port) {
  const std::size_t colon = host_port.rfind(':');
  if (colon == std::string_view::npos) return refuse(host_port, "the port is missing");
  std::string_view host = host_port.substr(0, colon);
  const std::string_view digits = host_port.substr(colon + 1);
  ListenAddress address;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size()) {
    return refuse(host_port, "the port is not a number from 0 to 65535");
  }
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) return refuse(host_port, "a bracket is missing");
    host = host.substr(1, host.size() - 2);
    if (host.empty()) return refuse(host_port, "the brackets are empty");
  } else if (host.find(':') != std::string_view::npos) {
    return refuse(host_port, "an IPv6 address needs brackets");
  }
  if (host.find_first_of(" []/%?#@") != std::string_view::npos) return refuse(host_port, "the host is not a host name");
  address.host = std::string(host);
  return address;
}

std::string to_grpc_address(const ListenAddress& address) {
  const std::string port = std::to_string(address.port);
  if (address.host.empty()) return "[::]:" + port;
  if (address.host.find(':') != std::string::npos) return "[" + address.host + "]:" + port;
  return address.host + ":" + port;
}

std::string why_not(const ListenAddress& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(address.port);
  const int code = ::getaddrinfo(address.host.empty() ? nullptr : address.host.c_str(), port.c_str(), &hints, &found);
  if (code != 0) return ::gai_strerror(code);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> places(found, &::freeaddrinfo);
  for (const addrinfo* place = places.get(); place != nullptr; place = place->ai_next) {
    if (std::string problem = try_to_listen(*place); !problem.empty()) return problem;
  }
  return "gRPC gives no reason";
}

}  // namespace spm::grpc
