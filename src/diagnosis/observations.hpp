#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <spm/base/error.hpp>
#include <spm/diagnosis/report.hpp>
#include <spm/prometheus/client.hpp>
#include <spm/schema/store_schema.hpp>

namespace spm::diagnosis {

struct SeenService {
  std::string name;
  std::optional<std::int64_t> newest_ms;
  std::vector<std::string> kinds;  ///< sorted
};

struct Overflow {
  std::string label;
  double series = 0;
  double all_series = 0;
  std::optional<double> call_share;  ///< of the calls of ten minutes; nothing where there were none
};

struct ScrapeJob {
  std::string name;
  std::size_t up = 0;
  std::size_t down = 0;
};

/// What the neighbourhood of missing span metrics looks like.
struct Surroundings {
  std::optional<std::size_t> metric_names;  ///< in the store, of any kind; nothing: not known
  std::vector<std::string> relatives;       ///< metrics of programs that could also make span metrics
  std::vector<ScrapeJob> jobs;
};

/// What one examination has seen, before anything is made of it.
struct Observations {
  std::int64_t now_ms = 0;
  std::optional<base::Error> store_error;  ///< the first question already failed: nothing else was asked
  std::optional<std::int64_t> store_clock_ms;
  prometheus::StoreIdentity identity;
  schema::SchemaPtr schema;  ///< null: could not be found out
  std::optional<base::Error> schema_error;

  /// Of the chosen family.
  std::optional<std::int64_t> newest_ms;
  bool services_known = false;
  std::vector<SeenService> services;  ///< sorted by name
  Rhythm rhythm;
  std::optional<Overflow> overflow;
  std::vector<std::string> resetting_services;  ///< whose counters began anew too often
  std::size_t resetting_series = 0;
  std::optional<bool> knows_native_histograms;

  Surroundings surroundings;  ///< looked at where span metrics are missing or old

  std::vector<std::string> store_warnings;  ///< each once
  std::vector<std::string> timeouts;        ///< what was being asked
  std::vector<std::string> not_asked;

  /// The family that answers come from; null: none. Names that only the settings spell out are no family.
  const schema::Family* family() const noexcept {
    if (!schema || schema->origin == schema::StoreSchema::Origin::fallback) return nullptr;
    return schema->family();
  }
};

}  // namespace spm::diagnosis
