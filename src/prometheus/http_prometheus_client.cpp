#include <memory>
#include <utility>

#include <boost/asio/strand.hpp>
#include <boost/system/system_error.hpp>

#include <spm/prometheus/http_client.hpp>

#include "on_strand.hpp"
#include "store_core.hpp"

namespace spm::prometheus {
namespace {

namespace asio = boost::asio;

// The coroutines below are detached from the client's life: they hold the core by value.

asio::awaitable<base::Result<RangeAnswer>> query_with(std::shared_ptr<StoreCore> core, RangeQuery query,
                                                      const base::CallContext& context) {
  co_return co_await core->query_range(query, context);
}

asio::awaitable<base::Result<void>> probe_with(std::shared_ptr<StoreCore> core, base::Deadline deadline) {
  co_return co_await core->probe(deadline);
}

class HttpPrometheusClient final : public PrometheusClient {
 public:
  explicit HttpPrometheusClient(std::shared_ptr<StoreCore> core) : core_(std::move(core)) {}

  asio::awaitable<base::Result<RangeAnswer>> query_range(RangeQuery query, const base::CallContext& context) override {
    std::shared_ptr<StoreCore> core = core_;
    if (query.grid.points == 0) {
      RangeAnswer nothing;
      nothing.matrix.grid = query.grid;
      co_return nothing;
    }
    if (query.grid.points > kMaxPointsPerQuery || query.grid.step_ms <= 0) {
      co_return base::fail(base::ErrorKind::internal, "a query of more points than one query may ask for");
    }
    const asio::any_io_executor strand = asio::make_strand(core->io());
    auto work = query_with(std::move(core), std::move(query), context);
    try {
      co_return co_await run_on_strand(strand, std::move(work));
    } catch (const boost::system::system_error&) {
      // Asio's way of refusing to begin what is cancelled already.
    }
    co_return base::fail(base::ErrorKind::cancelled, "the caller went away");
  }

  asio::awaitable<base::Result<void>> probe(base::Deadline deadline) override {
    std::shared_ptr<StoreCore> core = core_;
    const asio::any_io_executor strand = asio::make_strand(core->io());
    auto work = probe_with(std::move(core), deadline);
    try {
      co_return co_await run_on_strand(strand, std::move(work));
    } catch (const boost::system::system_error&) {
      // As above.
    }
    co_return base::fail(base::ErrorKind::cancelled, "the caller went away");
  }

 private:
  std::shared_ptr<StoreCore> core_;
};

}  // namespace

base::Result<std::unique_ptr<PrometheusClient>> create_http_prometheus_client(StoreOptions options,
                                                                              asio::any_io_executor executor,
                                                                              telemetry::Metrics& metrics,
                                                                              telemetry::Log& log) {
  auto sound = check_store_options(options);
  if (!sound) return base::fail(std::move(sound.error()));
  auto core = std::make_shared<StoreCore>(std::move(options), std::move(executor), metrics, log);
  auto loaded = core->load();
  if (!loaded) return base::fail(std::move(loaded.error()));
  return std::make_unique<HttpPrometheusClient>(std::move(core));
}

}  // namespace spm::prometheus
