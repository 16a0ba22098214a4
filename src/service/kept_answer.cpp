#include "kept_answer.hpp"

#include <utility>

namespace spm::service {
namespace {

std::size_t bytes_of(const MetricsAnswer& answer) {
  std::size_t bytes = answer.plan.capacity();
  for (const Notice& notice : answer.notices) bytes += sizeof(Notice) + notice.text.capacity();
  const model::MetricFamily& family = *answer.family;
  bytes += sizeof(family) + family.name.capacity() + family.help.capacity();
  for (const model::Series& series : family.metrics) {
    bytes += sizeof(series) + series.column.size() * sizeof(double) + series.column.size() / 8;
    for (const model::Label& label : series.labels) {
      bytes += sizeof(label) + label.name.capacity() + label.value.capacity();
    }
  }
  return bytes;
}

}  // namespace

KeptAnswer::KeptAnswer(std::string key, std::string caller, std::string about, Time until)
    : Kept(std::move(caller)),
      key_(std::move(key)),
      about_(std::move(about)),
      until_(until) {}

std::shared_ptr<KeptAnswer> KeptAnswer::make(std::string key, std::string caller, std::string about, Time until,
                                             MetricsAnswer answer, cache::Shelf& shelf,
                                             const boost::asio::any_io_executor& io) {
  auto kept = std::make_shared<KeptAnswer>(std::move(key), std::move(caller), std::move(about), until);
  kept->bytes_of_answer_ = sizeof(KeptAnswer) + kept->key_.capacity() + kept->about_.capacity() + bytes_of(answer);
  kept->answer_ = std::move(answer);
  // The encodings may outlive the answer: those who send its bytes hold them.
  kept->answer_.encodings = std::make_shared<Encodings>(io, [weak = std::weak_ptr<KeptAnswer>(kept), &shelf] {
    if (const auto grown = weak.lock()) shelf.weigh_again(grown->key(), grown);
  });
  return kept;
}

std::size_t KeptAnswer::bytes() const { return bytes_of_answer_ + answer_.encodings->bytes(); }

void EndsOfLife::add(const std::shared_ptr<KeptAnswer>& kept) {
  const std::lock_guard lock(mutex_);
  if (ends_.size() < kMost) ends_.emplace(kept->until(), kept);
}

std::vector<std::shared_ptr<KeptAnswer>> EndsOfLife::over(Time now) {
  std::vector<std::shared_ptr<KeptAnswer>> ended;
  const std::lock_guard lock(mutex_);
  const auto end = ends_.upper_bound(now);
  for (auto one = ends_.begin(); one != end; ++one) {
    if (auto kept = one->second.lock()) ended.push_back(std::move(kept));
  }
  ends_.erase(ends_.begin(), end);
  return ended;
}

}  // namespace spm::service
