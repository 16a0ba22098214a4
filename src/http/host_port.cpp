#include "host_port.hpp"

#include <algorithm>
#include <charconv>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>

namespace spm::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using base::ErrorKind;
using base::fail;
using base::Result;

tl::unexpected<base::Error> refuse(std::string_view host_port, std::string_view why) {
  return fail(ErrorKind::invalid_argument, "cannot listen on '" + std::string(host_port) + "': " + std::string(why));
}

}  // namespace

Result<ListenAddresses> resolve_listen_address(std::string_view host_port) {
  const std::size_t colon = host_port.rfind(':');
  if (colon == std::string_view::npos) return refuse(host_port, "write host:port, or :port for all interfaces");
  std::string_view host = host_port.substr(0, colon);
  const std::string_view digits = host_port.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (digits.empty() || error != std::errc() || stop != digits.data() + digits.size()) {
    return refuse(host_port, "the port must be a number from 0 to 65535");
  }
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return refuse(host_port, "write an IPv6 address in brackets, as in [::1]:16690");
  }

  ListenAddresses addresses;
  if (host.empty()) {
    addresses.first_that_works = true;
    addresses.endpoints = {tcp::endpoint(tcp::v6(), port), tcp::endpoint(tcp::v4(), port)};
    return addresses;
  }
  boost::system::error_code failure;
  const auto address = asio::ip::make_address(std::string(host), failure);
  if (!failure) {
    addresses.endpoints.emplace_back(address, port);
    return addresses;
  }
  asio::io_context context;
  tcp::resolver resolver(context);
  const auto found = resolver.resolve(std::string(host), std::string(digits), failure);
  if (failure) return refuse(host_port, "the name cannot be resolved: " + failure.message());
  for (const auto& entry : found) {
    if (std::ranges::find(addresses.endpoints, entry.endpoint()) == addresses.endpoints.end()) {
      addresses.endpoints.push_back(entry.endpoint());
    }
  }
  // With port 0 every address would get a port of its own, and only one could be told.
  if (port == 0) addresses.endpoints.resize(1);
  return addresses;
}

std::string to_text(const tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  const std::string port = std::to_string(endpoint.port());
  return endpoint.address().is_v6() ? "[" + address + "]:" + port : address + ":" + port;
}

}  // namespace spm::http
