#include "shared_rates.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <spm/sharing/caller_kinds.hpp>
#include <spm/sharing/flights.hpp>
#include <spm/sharing/key_text.hpp>

namespace spm::rates {
namespace {

using base::CallContext;
using base::Result;
using boost::asio::awaitable;
using sharing::KeyText;
using Reads = sharing::Flights<std::string, RateAnswerPtr>;

/// What a shared read may take. Callers leave at their own deadlines, also at later ones than that of the first.
constexpr std::chrono::seconds kLongestRead{600};

/// Which questions may share one read.
enum class Sharing : std::uint8_t {
  same_needs,  ///< those that need the same
  same_page    ///< those whose needed and welcome parts together are the same: a read fills all of them
};

std::vector<RatePart> parts_of(const RateQuery& query, Sharing sharing) {
  std::vector<RatePart> parts = query.needed;
  if (sharing == Sharing::same_page) parts.insert(parts.end(), query.welcome.begin(), query.welcome.end());
  std::ranges::sort(parts);
  const auto repeated = std::ranges::unique(parts);
  parts.erase(repeated.begin(), repeated.end());
  return parts;
}

void add_part(KeyText& key, const RatePart& part) {
  key.add(static_cast<std::int64_t>(part.by.size()));
  for (const std::string& label : part.by) key.add(label);
  key.add(part.only ? static_cast<std::int64_t>(part.only->values.size()) : -1);
  if (!part.only) return;
  key.add(part.only->name);
  for (const std::string& value : part.only->values) key.add(value);
}

/// The whole question and the kind of caller.
std::string key_of(const RateQuery& query, Sharing sharing, const std::string& caller) {
  KeyText key;
  key.add(query.metric);
  key.add(static_cast<std::int64_t>(query.matchers.size()));
  for (const promql::Matcher& matcher : query.matchers) {
    key.add(matcher.label).add(static_cast<std::int64_t>(matcher.op)).add(matcher.value);
  }
  key.add(query.window_ms);
  key.add(query.grid.start_ms).add(query.grid.step_ms).add(static_cast<std::int64_t>(query.grid.points));
  key.add(static_cast<std::int64_t>(sharing));
  const std::vector<RatePart> parts = parts_of(query, sharing);
  key.add(static_cast<std::int64_t>(parts.size()));
  for (const RatePart& part : parts) add_part(key, part);
  key.add(caller);
  return key.take();
}

bool has_all(const RateAnswer& answer, const std::vector<RatePart>& parts) {
  return std::ranges::all_of(parts, [&](const RatePart& part) { return answer.find(part) != nullptr; });
}

/// What reads in flight hold.
class Core {
 public:
  Core(std::shared_ptr<RateSource> source, const boost::asio::any_io_executor& io, telemetry::Metrics& metrics)
      : source_(std::move(source)),
        reads_(std::make_shared<Reads>(io)),
        metrics_(metrics) {}

  Sharing sharing_of(const RateQuery& query, const CallContext& context) const {
    return source_->fills_welcome(query, context) ? Sharing::same_page : Sharing::same_needs;
  }

  Reads::Passenger board(const RateQuery& query, Sharing sharing, const CallContext& context) {
    std::string key = key_of(query, sharing, callers_.kind_of(context));
    // A page that is loaded anew is one read; it joins none that others began before.
    if (context.wants_fresh) key += "fresh";
    Reads::Passenger passenger = reads_->board(std::move(key), [source = source_, query, context] {
      CallContext of_the_read = context;
      of_the_read.deadline = base::Deadline::after(kLongestRead);
      return read_alone(source, query, std::move(of_the_read));
    });
    if (passenger.joined_others()) metrics_.read_shared();
    return passenger;
  }

 private:
  static awaitable<Result<RateAnswerPtr>> read_alone(std::shared_ptr<RateSource> source, RateQuery query,
                                                     CallContext context) {
    co_return co_await source->read(std::move(query), context);
  }

  const std::shared_ptr<RateSource> source_;
  const std::shared_ptr<Reads> reads_;
  const sharing::CallerKinds callers_;
  telemetry::Metrics& metrics_;
};

class SharedRates final : public RateSource {
 public:
  explicit SharedRates(std::shared_ptr<Core> core) : core_(std::move(core)) {}

  bool fills_welcome(const RateQuery& query, const CallContext& context) const override {
    return core_->sharing_of(query, context) == Sharing::same_page;
  }

  awaitable<Result<RateAnswerPtr>> read(RateQuery query, const CallContext& context) override {
    return read_shared(core_, std::move(query), context);
  }

 private:
  /// Holds nothing of the object, which may go while a caller waits.
  static awaitable<Result<RateAnswerPtr>> read_shared(std::shared_ptr<Core> core, RateQuery query,
                                                      const CallContext& context) {
    if (context.deadline.expired()) {
      co_return base::fail(base::ErrorKind::deadline_exceeded, "the metrics store did not answer in time");
    }
    const Sharing sharing = core->sharing_of(query, context);
    if (sharing == Sharing::same_page) {
      Reads::Passenger passenger = core->board(query, sharing, context);
      Result<RateAnswerPtr> answer = co_await Reads::wait(std::move(passenger), context.deadline);
      const bool lacking = answer && *answer && !has_all(**answer, query.needed);
      if (!lacking) co_return answer;
      // The read left out what was only welcome to the one who began it.
    }
    if (query.needed.size() == 1) {
      Reads::Passenger passenger = core->board(query, Sharing::same_needs, context);
      co_return co_await Reads::wait(std::move(passenger), context.deadline);
    }
    co_return co_await read_parts(core, std::move(query), context);
  }

  /// Each part by itself, all at once: another question may need one of them only, and share that.
  static awaitable<Result<RateAnswerPtr>> read_parts(std::shared_ptr<Core> core, RateQuery query,
                                                     const CallContext& context) {
    std::vector<Reads::Passenger> aboard;
    aboard.reserve(query.needed.size());
    for (const RatePart& part : query.needed) {
      RateQuery one = query;
      one.needed = {part};
      one.welcome.clear();
      aboard.push_back(core->board(one, Sharing::same_needs, context));
    }
    std::shared_ptr<RateAnswer> together;
    for (Reads::Passenger& passenger : aboard) {
      Result<RateAnswerPtr> answer = co_await Reads::wait(std::move(passenger), context.deadline);
      if (!answer || !*answer) co_return answer;
      if (!together) {
        together = std::make_shared<RateAnswer>(**answer);
        continue;
      }
      // The store has become another engine in between: it answers as a whole, this once.
      if (!together->join(**answer)) co_return RateAnswerPtr();
    }
    co_return RateAnswerPtr(std::move(together));
  }

  const std::shared_ptr<Core> core_;
};

}  // namespace

std::shared_ptr<RateSource> create_shared_rates(std::shared_ptr<RateSource> source,
                                                const boost::asio::any_io_executor& io, telemetry::Metrics& metrics) {
  return std::make_shared<SharedRates>(std::make_shared<Core>(std::move(source), io, metrics));
}

}  // namespace spm::rates
