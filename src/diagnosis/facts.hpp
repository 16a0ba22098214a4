#pragma once

#include <spm/diagnosis/diagnosis.hpp>

#include "observations.hpp"

namespace spm::diagnosis {

/// The facts of a report; its findings are not filled.
Report facts_of(const Observations& seen, const Options& options);

/// "traces_span_metrics_calls_total with traces_span_metrics_duration_milliseconds"
std::string family_title(const schema::Family& family);

/// Whether `family` is worth a word: one that could be used, or that at least is called like span metrics. Others are
/// there in most stores (scrape_duration_seconds).
bool is_serious(const schema::Family& family);

/// Of the families that answers do not come from, the one to advise: the first that could be used but for the
/// settings. Null: none.
const schema::Family* best_unchosen(const schema::StoreSchema& schema);

}  // namespace spm::diagnosis
