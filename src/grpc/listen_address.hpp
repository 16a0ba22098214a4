#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <spm/base/result.hpp>

namespace spm::grpc {

struct ListenAddress {
  std::string host;  ///< a name or an address without brackets; empty: every interface
  std::uint16_t port = 0;
};

/// Reads ":16691", "127.0.0.1:0", "[::1]:5", "localhost:80".
base::Result<ListenAddress> parse_listen_address(std::string_view host_port);

/// In gRPC's form; every interface, IPv4 and IPv6, is "[::]:port".
std::string to_grpc_address(const ListenAddress& address);

/// Why nothing can listen there, in the system's words, found out by trying. gRPC itself only says that it failed.
std::string why_not(const ListenAddress& address);

}  // namespace spm::grpc
