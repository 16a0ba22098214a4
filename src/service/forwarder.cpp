#include <utility>

#include <spm/service/forwarder.hpp>

namespace spm::service {
namespace {

class StoreForwarder final : public Forwarder {
 public:
  explicit StoreForwarder(prometheus::PrometheusClient& store) : store_(store) {}

  boost::asio::awaitable<base::Result<ForwardedAnswer>> forward(std::string path, std::string form,
                                                                const base::CallContext& context) override {
    base::Result<prometheus::RawAnswer> raw = co_await store_.forward(std::move(path), std::move(form), context);
    if (!raw) co_return base::fail(std::move(raw.error()));
    ForwardedAnswer answer;
    answer.status = raw->status;
    answer.content_type = std::move(raw->content_type);
    answer.body = std::move(raw->body);
    co_return answer;
  }

 private:
  prometheus::PrometheusClient& store_;
};

}  // namespace

std::unique_ptr<Forwarder> create_forwarder(prometheus::PrometheusClient& store) {
  return std::make_unique<StoreForwarder>(store);
}

}  // namespace spm::service
