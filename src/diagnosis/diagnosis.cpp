#include <algorithm>
#include <utility>

#include <spm/diagnosis/diagnosis.hpp>

#include "facts.hpp"
#include "findings.hpp"
#include "observe.hpp"

namespace spm::diagnosis {
namespace {

class StoreDiagnosis final : public Diagnosis {
 public:
  StoreDiagnosis(Options options, prometheus::PrometheusClient& store, schema::NamesSource& names,
                 const base::WallClock& clock)
      : options_(std::move(options)),
        store_(store),
        names_(names),
        clock_(clock) {}

  boost::asio::awaitable<base::Result<Report>> examine(const base::CallContext& context) override {
    const Observations seen = co_await observe(store_, names_, options_, clock_.now_ms(), context);
    Report report = facts_of(seen, options_);
    if (options_.reading) report.store.reading = options_.reading();
    add_store_findings(seen, options_, report.findings);
    add_name_findings(seen, options_, report.findings);
    add_data_findings(seen, options_, report.findings);
    add_family_findings(seen, report.findings);
    std::ranges::stable_sort(report.findings, {}, [](const Finding& one) { return std::pair(one.severity, one.id); });
    co_return std::move(report);
  }

 private:
  const Options options_;
  prometheus::PrometheusClient& store_;
  schema::NamesSource& names_;
  const base::WallClock& clock_;
};

}  // namespace

std::unique_ptr<Diagnosis> create_diagnosis(Options options, prometheus::PrometheusClient& store,
                                            schema::NamesSource& names, const base::WallClock& clock) {
  return std::make_unique<StoreDiagnosis>(std::move(options), store, names, clock);
}

}  // namespace spm::diagnosis
