#include "metered_rates.hpp"

#include <utility>

#include <spm/base/error.hpp>

namespace spm::rates {
namespace {

using base::CallContext;
using base::Result;
using boost::asio::awaitable;

class MeteredRates final : public RateSource {
 public:
  MeteredRates(std::shared_ptr<RateSource> source, ReadWay way, telemetry::Metrics& metrics)
      : source_(std::move(source)),
        way_(way),
        metrics_(metrics) {}

  /// A read by chunks sees every series anyway.
  bool fills_welcome(const RateQuery& /*query*/, const CallContext& /*context*/) const override {
    return way_ == ReadWay::chunks;
  }

  awaitable<Result<RateAnswerPtr>> read(RateQuery query, const CallContext& context) override {
    return read_from(source_, way_, metrics_, std::move(query), context);
  }

 private:
  /// Holds nothing of the object, which may go while the store is at work.
  static awaitable<Result<RateAnswerPtr>> read_from(std::shared_ptr<RateSource> source, ReadWay way,
                                                    telemetry::Metrics& metrics, RateQuery query,
                                                    const CallContext& context) {
    Result<RateAnswerPtr> answer = co_await source->read(std::move(query), context);
    if (!answer) {
      metrics.read_finished(name_of(way), base::traits(answer.error().kind).label);
    } else if (*answer) {
      metrics.read_finished(name_of(way), "ok");
      const ReadReport& report = (*answer)->report;
      if (way == ReadWay::chunks) metrics.raw_read(report.series, report.samples, report.bytes);
    }
    co_return std::move(answer);
  }

  const std::shared_ptr<RateSource> source_;
  const ReadWay way_;
  telemetry::Metrics& metrics_;
};

}  // namespace

std::shared_ptr<RateSource> create_metered_rates(std::shared_ptr<RateSource> source, ReadWay way,
                                                 telemetry::Metrics& metrics) {
  return std::make_shared<MeteredRates>(std::move(source), way, metrics);
}

}  // namespace spm::rates
