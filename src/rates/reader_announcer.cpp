#include "reader_announcer.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "variant_set.hpp"

namespace spm::rates {
namespace {

using Chunks = ReaderStatus::Chunks;

bool same(const ReaderStatus& a, const ReaderStatus& b) {
  return a.chunks == b.chunks && a.variant == b.variant && a.repair == b.repair;
}

std::string_view quantiles_of(const ReaderStatus& status) {
  if (!status.repair) return "left to the store";
  return *status.repair == BucketRepair::raise ? "raise buckets" : "ignore small gaps of buckets";
}

/// What agreed and does so no longer is worth a look; so is a store whose answers cannot be explained.
base::Severity severity_of(const ReaderStatus& status, const std::optional<ReaderStatus>& before) {
  const bool was_used = before && before->chunks == Chunks::agreed && status.chunks != Chunks::agreed;
  return was_used || status.chunks == Chunks::disagreed ? base::Severity::warning : base::Severity::info;
}

}  // namespace

void ReaderAnnouncer::announce(const ReaderStatus& status) {
  const std::lock_guard lock(mutex_);
  if (last_ && same(*last_, status)) return;
  const std::optional<ReaderStatus> before = std::exchange(last_, status);
  metrics_.reader_state(name_of(status.chunks));
  if (!before) return;  // nothing has been found out yet
  log_.write(severity_of(status, before),
             status.chunks == Chunks::agreed ? "rates are computed from raw chunks" : "rates are asked by PromQL",
             {{"chunks", name_of(status.chunks)},
              {"variant", status.variant ? describe(*status.variant) : std::string()},
              {"quantiles", quantiles_of(status)},
              {"reason", status.reason}});
}

}  // namespace spm::rates
