#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include <spm/base/result.hpp>

namespace spm::http {

/// The addresses that "host:port" means to a listener: ":16690" all interfaces (the IPv6 one first, which takes IPv4 as
/// well; the IPv4 one for machines without IPv6), "[::1]:80", "127.0.0.1:0", "localhost:80".
struct ListenAddresses {
  std::vector<boost::asio::ip::tcp::endpoint> endpoints;
  bool first_that_works = false;  ///< they are alternatives; else all are listened on
};

base::Result<ListenAddresses> resolve_listen_address(std::string_view host_port);

/// "127.0.0.1:80", "[::1]:80".
std::string to_text(const boost::asio::ip::tcp::endpoint& endpoint);

}  // namespace spm::http
