#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <spm/base/call_context.hpp>
#include <spm/base/clock.hpp>
#include <spm/base/result.hpp>
#include <spm/diagnosis/report.hpp>

namespace spm::prometheus {
class PrometheusClient;
}
namespace spm::schema {
class NamesSource;
}

namespace spm::diagnosis {

struct Options {
  std::string store_url;  ///< as reports show it: without credentials
  /// The naming settings that the user gave, "PROMETHEUS_QUERY_NAMESPACE=x": they are named where nothing fits them.
  std::vector<std::string> naming_settings;
  /// A schema is named or written out: only its names are looked for.
  bool schema_given = false;
  bool matchers_enforced = false;  ///< --query.matchers is set
  /// How rates are read from the store, in one sentence. May be empty.
  std::function<std::string()> reading;

  std::chrono::milliseconds stale_after{600'000};
  std::chrono::milliseconds skew_allowed{60'000};
  std::chrono::milliseconds question_timeout{5'000};  ///< of one question to the store
  std::size_t many_resets = 10;                       ///< of one counter in an hour
  std::size_t max_families = 20;
  std::size_t max_services = 100;
};

/// Examines the store as one caller sees it: everything is asked with the caller's own context. Safe from any thread.
class Diagnosis {
 public:
  Diagnosis() = default;
  Diagnosis(const Diagnosis&) = delete;
  Diagnosis& operator=(const Diagnosis&) = delete;
  virtual ~Diagnosis() = default;

  /// A store that cannot be asked is a finding, not a failure. Questions that fail are told in the report. `context`
  /// outlives the call; its deadline bounds the whole.
  virtual boost::asio::awaitable<base::Result<Report>> examine(const base::CallContext& context) = 0;
};

/// `store` is the enforcing client where matchers are enforced. All references outlive the object.
std::unique_ptr<Diagnosis> create_diagnosis(Options options, prometheus::PrometheusClient& store,
                                            schema::NamesSource& names, const base::WallClock& clock);

}  // namespace spm::diagnosis
