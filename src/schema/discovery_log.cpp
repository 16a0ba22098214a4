#include "discovery_log.hpp"

namespace spm::schema {

bool DiscoveryLog::says_again(const std::string& what) {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (last_ == what && said_at_ && now - *said_at_ < std::chrono::minutes(1)) return false;
  last_ = what;
  said_at_ = now;
  return true;
}

void DiscoveryLog::found(const StoreSchema& schema, bool as_before) {
  const Family* family = schema.family();
  if (family == nullptr) {
    if (says_again(schema.reason)) log_.warning("no span metrics found", {{"reason", schema.reason}});
    return;
  }
  if (schema.origin == StoreSchema::Origin::fallback) {
    if (says_again(schema.reason)) log_.warning("the settings fit no span metrics", {{"reason", schema.reason}});
    return;
  }
  if (as_before) return;
  log_.info("span metrics found", {{"calls", family->names.calls},
                                   {"histogram", family->histogram_base},
                                   {"service_label", family->names.service_label},
                                   {"operation_label", family->names.operation_label},
                                   {"unit_assumed", family->unit_source == UnitSource::assumed},
                                   {"reason", schema.reason}});
}

void DiscoveryLog::failed(const base::Error& error) {
  if (error.kind == base::ErrorKind::shutting_down || !says_again(error.message)) return;
  if (error.kind == base::ErrorKind::store_refused_us) {
    log_.info("the store refuses this service's own credentials: names are found with those of callers");
    return;
  }
  log_.warning("looking for span metrics failed", {{"error", error.message}});
}

}  // namespace spm::schema
