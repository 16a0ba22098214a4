#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include <spm/http/api.hpp>
#include <spm/http/handler.hpp>
#include <spm/http/readiness.hpp>

namespace spm::http {

struct FrontDoorOptions {
  std::string base_path = "/";                      ///< "/" or "/jaeger"
  std::chrono::milliseconds query_timeout{30'000};  ///< for one request, from its last byte to its answer's first
  bool bearer_token_propagation = false;            ///< hand the caller's token on to the store
  std::size_t max_in_flight = 512;                  ///< requests at work at once; more are answered 503
  std::vector<std::string> cors_origins;            ///< exact origins, or "*"; empty: no CORS
  std::vector<Header> additional_headers;           ///< put on every answer
};

/// The public HTTP listener: finds the Api that a path belongs to and does for it what all of them need. Answers health
/// checks itself, with and without the base path.
class FrontDoor final : public Handler {
 public:
  /// The first Api that knows a path answers it. All references outlive this object.
  FrontDoor(FrontDoorOptions options, std::vector<Api*> apis, const Readiness& readiness);

  std::size_t body_limit(const RequestHead& head) const noexcept override;
  boost::asio::awaitable<Response> handle(const Request& request) override;
  Response refuse(const RequestHead& head, const base::Error& error) const override;

 private:
  struct Match;
  Match match(const RequestHead& head) const;
  boost::asio::awaitable<Response> answer(Match found, const Request& request);
  void finish(const RequestHead& head, bool api_route, Response& response) const;

  const FrontDoorOptions options_;
  const std::vector<Api*> apis_;
  const Readiness& readiness_;
  std::atomic<std::size_t> in_flight_ = 0;
};

}  // namespace spm::http
