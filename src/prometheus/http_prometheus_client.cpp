#include <memory>
#include <utility>

#include <boost/asio/strand.hpp>
#include <boost/system/system_error.hpp>

#include <spm/prometheus/http_client.hpp>
#include <spm/prometheus/on_strand.hpp>

#include "chunk_read_operation.hpp"
#include "operations.hpp"
#include "store_core.hpp"

namespace spm::prometheus {
namespace {

namespace asio = boost::asio;

// The coroutines below are detached from the client's life: they hold the core by value.

asio::awaitable<base::Result<void>> call_with(std::shared_ptr<StoreCore> core,
                                              std::shared_ptr<StoreOperation> operation,
                                              const base::CallContext& context) {
  co_return co_await core->call(*operation, context);
}

asio::awaitable<base::Result<void>> probe_with(std::shared_ptr<StoreCore> core, base::Deadline deadline) {
  co_return co_await core->probe(deadline);
}

/// Comes back with `work`'s outcome, or with cancelled where Asio refuses to begin what is cancelled already.
asio::awaitable<base::Result<void>> on_own_strand(asio::any_io_executor io, asio::awaitable<base::Result<void>> work) {
  const asio::any_io_executor strand = asio::make_strand(io);
  try {
    co_return co_await run_on_strand(strand, std::move(work));
  } catch (const boost::system::system_error&) {
    // As above.
  }
  co_return base::fail(base::ErrorKind::cancelled, "the caller went away");
}

/// Runs an operation and hands out what it has read.
template <class Operation>
asio::awaitable<base::Result<decltype(Operation::answer)>> answer_of(std::shared_ptr<StoreCore> core,
                                                                     std::shared_ptr<Operation> operation,
                                                                     const base::CallContext& context) {
  const asio::any_io_executor io = core->io();
  auto work = call_with(std::move(core), operation, context);
  base::Result<void> done = co_await on_own_strand(io, std::move(work));
  if (!done) co_return base::fail(std::move(done.error()));
  co_return std::move(operation->answer);
}

class HttpPrometheusClient final : public PrometheusClient {
 public:
  explicit HttpPrometheusClient(std::shared_ptr<StoreCore> core) : core_(std::move(core)) {}

  asio::awaitable<base::Result<RangeAnswer>> query_range(RangeQuery query, const base::CallContext& context) override {
    if (query.grid.points == 0) {
      RangeAnswer nothing;
      nothing.matrix.grid = query.grid;
      co_return nothing;
    }
    if (query.grid.points > kMaxPointsPerQuery || query.grid.step_ms <= 0) {
      co_return base::fail(base::ErrorKind::internal, "a query of more points than one query may ask for");
    }
    const DecodeLimits limits{core_->options().max_series, core_->options().max_cells};
    auto operation = std::make_shared<RangeOperation>(std::move(query), limits);
    co_return co_await answer_of(core_, std::move(operation), context);
  }

  asio::awaitable<base::Result<InstantAnswer>> query(InstantQuery query, const base::CallContext& context) override {
    auto operation = std::make_shared<InstantOperation>(std::move(query), core_->options().max_series);
    co_return co_await answer_of(core_, std::move(operation), context);
  }

  asio::awaitable<base::Result<ListAnswer>> label_values(std::string label, Listing of,
                                                         const base::CallContext& context) override {
    auto operation = std::make_shared<ListOperation>(label_values_request(label, of));
    co_return co_await answer_of(core_, std::move(operation), context);
  }

  asio::awaitable<base::Result<ListAnswer>> label_names(Listing of, const base::CallContext& context) override {
    auto operation = std::make_shared<ListOperation>(label_names_request(of));
    co_return co_await answer_of(core_, std::move(operation), context);
  }

  asio::awaitable<base::Result<void>> read_chunks(ChunkRead query, std::shared_ptr<ByteSink> sink,
                                                  const base::CallContext& context) override {
    auto operation = std::make_shared<ChunkReadOperation>(query, std::move(sink));
    auto work = call_with(core_, std::move(operation), context);
    co_return co_await on_own_strand(core_->io(), std::move(work));
  }

  asio::awaitable<base::Result<StoreIdentity>> identify(const base::CallContext& context) override {
    auto operation = std::make_shared<IdentifyOperation>();
    co_return co_await answer_of(core_, std::move(operation), context);
  }

  asio::awaitable<base::Result<RawAnswer>> forward(std::string path, std::string form,
                                                   const base::CallContext& context) override {
    auto operation = std::make_shared<ForwardOperation>(std::move(path), std::move(form));
    co_return co_await answer_of(core_, std::move(operation), context);
  }

  std::uint64_t ended_connections() const override { return core_->ended_connections(); }

  asio::awaitable<base::Result<void>> probe(base::Deadline deadline) override {
    auto work = probe_with(core_, deadline);
    co_return co_await on_own_strand(core_->io(), std::move(work));
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
