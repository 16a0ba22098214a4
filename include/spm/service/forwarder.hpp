#pragma once

#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>

#include <spm/base/call_context.hpp>
#include <spm/base/result.hpp>
#include <spm/prometheus/client.hpp>

namespace spm::service {

/// An answer of the store's that is passed on as it came.
struct ForwardedAnswer {
  int status = 0;
  std::string content_type;
  std::string body;
};

/// Sends on what this service does not answer itself. Only where nothing is enforced: what a caller writes reaches the
/// store unchanged. Safe from any thread.
class Forwarder {
 public:
  Forwarder() = default;
  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;
  virtual ~Forwarder() = default;

  /// `path` below the store's URL ("/api/v1/query"), `form` already encoded. `context` must outlive the call.
  virtual boost::asio::awaitable<base::Result<ForwardedAnswer>> forward(std::string path, std::string form,
                                                                        const base::CallContext& context) = 0;
};

/// `store` must outlive it.
std::unique_ptr<Forwarder> create_forwarder(prometheus::PrometheusClient& store);

}  // namespace spm::service
