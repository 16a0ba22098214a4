#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <spm/base/error.hpp>

namespace spm::telemetry {

/// The way a request came in.
enum class Door : std::uint8_t {
  http,
  grpc,
  admin
};

/// The service's own metrics, in Prometheus' text format at /metrics of the admin port. Names are part of the product:
/// tests/unit/telemetry holds them. Safe from any thread; no call blocks for longer than a map look-up.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// A request that a door has taken in; counts it in flight until it is destroyed.
  class InFlight {
   public:
    InFlight(Metrics& metrics, Door door);
    ~InFlight();
    InFlight(const InFlight&) = delete;
    InFlight& operator=(const InFlight&) = delete;

   private:
    Metrics& metrics_;
    Door door_;
  };

  /// `method`: an HTTP route or RPC name from a fixed set; `code`: HTTP status or gRPC code name.
  void request_finished(Door door, std::string_view method, std::string_view code,
                        std::chrono::steady_clock::duration took);
  /// An answer that is an error, by its kind.
  void request_failed(Door door, base::ErrorKind kind);
  /// A notice that went out with an answer: `label` from a fixed set.
  void notice(std::string_view label);

  /// One request to the store, after its last attempt. `outcome`: "ok" or the label of an ErrorKind.
  void upstream_finished(std::string_view outcome, std::chrono::steady_clock::duration took, std::size_t body_bytes);
  void upstream_retried();
  void upstream_active(int delta);   ///< requests on the wire
  void upstream_waiting(int delta);  ///< requests waiting for their turn
  void upstream_connections(int delta);
  void breaker_open(bool open);
  void store_ready(bool ready);
  /// infos, and warnings that describe the query and not the data.
  void store_info_seen();
  void http_connections(int delta);

  /// Rate columns that were read. `way`: "chunks" or "promql"; `outcome`: "ok" or the label of an ErrorKind.
  void read_finished(std::string_view way, std::string_view outcome);
  /// A read that chunks could not do. `reason` from a fixed set.
  void read_fallback(std::string_view reason);
  void read_shared();
  /// What one read of raw chunks took from the store.
  void raw_read(std::size_t series, std::size_t samples, std::size_t bytes);
  /// How far the store's own answers agree with those computed here: `outcome` from a fixed set.
  void comparison_finished(std::string_view outcome);
  /// Of a fixed set of states the one that holds now.
  void reader_state(std::string_view state);

  /// What the cache had to do with an answered question: `result` is "miss", "partial", "hit" or "bypass".
  void cache_answered(std::string_view result);
  /// Something that is not kept any more: `reason` from a fixed set ("space", "late_data", ...).
  void cache_evicted(std::string_view reason);
  void cache_holds(std::size_t things, std::size_t bytes);
  /// Points of columns that were read from the store, and those given out.
  void cache_points(std::size_t read, std::size_t answered);
  /// Questions that were answered by one already under way.
  void answer_shared();
  /// How long a request waited for its turn at the store.
  void upstream_waited(std::chrono::steady_clock::duration waited);

  std::string exposition() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace spm::telemetry
