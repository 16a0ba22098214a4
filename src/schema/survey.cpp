#include "survey.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <unordered_set>
#include <utility>

#include <spm/base/utf8.hpp>

#include "constraints.hpp"
#include "label_choice.hpp"
#include "producers.hpp"
#include "ranking.hpp"
#include "side_by_side.hpp"

namespace spm::schema {
namespace {

using base::fail;
using base::Result;
using boost::asio::awaitable;
using model::LabelPresence;
using Texts = std::vector<std::string>;
using Time = std::optional<std::int64_t>;

/// So many pairs of metrics are looked at in one discovery; the rest is reported. Known names come first.
constexpr std::size_t kMostGroups = 16;
/// How many of the metrics that cannot be used are kept for people to read.
constexpr std::size_t kMostRejected = 50;
/// So many of the best families are looked at down to their bounds.
constexpr std::size_t kMostClosely = 4;

std::string name_matches(std::string_view pattern) { return "{__name__=~" + promql::quote_string(pattern) + "}"; }

bool is_known_group(const Group& group) {
  return is_known_prefix(group.calls.empty() ? group.histograms.front().prefix : group.calls.front().prefix);
}

/// The metric that counts a histogram's observations: what is asked in place of its buckets.
const std::string& counting_metric(const HistogramName& histogram) {
  if (!histogram.count.empty()) return histogram.count;
  return histogram.bare ? histogram.base : histogram.bucket;
}

const std::string& calls_metric(const Group& group) {
  return group.calls.empty() ? counting_metric(group.histograms.front()) : group.calls.front().name;
}

bool is_bucket(const HistogramName& histogram, const std::string& metric) { return metric == histogram.bucket; }

/// "{A,B,C}": labels without which a family cannot be read.
bool has_needed_labels(const Texts& labels, const model::MetricNames& names) {
  if (!has_label(labels, names.service_label)) return false;
  if (!names.operation_label.empty() && !has_label(labels, names.operation_label)) return false;
  return std::ranges::all_of(names.membership, [&](const LabelPresence& member) {
    return !member.present || has_label(labels, member.label);
  });
}

/// Whether asking about another metric may go better.
bool is_about_the_metric(const base::Error& error) {
  using base::ErrorKind;
  return error.kind == ErrorKind::query_rejected || error.kind == ErrorKind::store_misbehaved ||
         error.kind == ErrorKind::answer_too_large;
}

std::string no_answer_about(const base::Error& error) {
  return "the store did not answer about it: " + base::printable(error.message, 200);
}

}  // namespace

awaitable<Result<void>> Survey::run() {
  Result<std::vector<Group>> groups = co_await find_groups();
  if (!groups) co_return fail(std::move(groups.error()));
  std::ranges::stable_sort(*groups,
                           [](const Group& a, const Group& b) { return is_known_group(a) && !is_known_group(b); });
  std::vector<ReadGroup> read;
  for (std::size_t i = 0; i < groups->size(); ++i) {
    if (i >= kMostGroups) {
      // What is kept is kept for every caller.
      if (i >= kMostGroups + kMostRejected) break;
      add_rejected(families_, (*groups)[i], {}, "not looked at: too many metrics have names like these");
      continue;
    }
    ReadGroup one;
    one.group = std::move((*groups)[i]);
    read.push_back(std::move(one));
  }
  Pieces<void> reading;
  reading.reserve(read.size());
  for (ReadGroup& one : read) reading.push_back(read_labels(one));
  std::vector<Result<void>> outcomes = co_await side_by_side(std::move(reading));
  Result<void> sorted_out = leave_out_failed(read, outcomes);
  if (!sorted_out) co_return fail(std::move(sorted_out.error()));
  for (ReadGroup& one : read) {
    Result<void> settled = co_await settle_dialect(one);
    if (!settled) co_return fail(std::move(settled.error()));
  }

  Pieces<Families> looking;
  looking.reserve(read.size());
  std::vector<Group> looked_at;
  looked_at.reserve(read.size());
  for (ReadGroup& one : read) {
    looked_at.push_back(one.group);
    looking.push_back(look_at(std::move(one)));
  }
  std::vector<Result<Families>> looked = co_await side_by_side(std::move(looking));
  const bool any = std::ranges::any_of(looked, [](const Result<Families>& families) { return families.has_value(); });
  for (std::size_t i = 0; i < looked.size(); ++i) {
    Result<Families>& families = looked[i];
    if (!families && !(any && is_about_the_metric(families.error()))) co_return fail(std::move(families.error()));
    if (families) {
      std::ranges::move(*families, std::back_inserter(families_));
    } else {
      add_rejected(families_, looked_at[i], {}, no_answer_about(families.error()));
    }
  }
  co_return co_await look_closely_at_the_best();
}

/// One metric that the store will not talk about must not hide the others. Where it talks about none, that is an error.
Result<void> Survey::leave_out_failed(std::vector<ReadGroup>& read, std::vector<Result<void>>& outcomes) {
  const bool any = std::ranges::any_of(outcomes, [](const Result<void>& outcome) { return outcome.has_value(); });
  std::vector<ReadGroup> kept;
  kept.reserve(read.size());
  for (std::size_t i = 0; i < read.size(); ++i) {
    Result<void>& outcome = outcomes[i];
    if (outcome) {
      kept.push_back(std::move(read[i]));
    } else if (any && is_about_the_metric(outcome.error())) {
      add_rejected(families_, read[i].group, {}, no_answer_about(outcome.error()));
    } else {
      return fail(std::move(outcome.error()));
    }
  }
  read = std::move(kept);
  return {};
}

/// A close look can change the order: a label status_code may turn out to hold HTTP's. The best one is always looked
/// at.
awaitable<Result<void>> Survey::look_closely_at_the_best() {
  rank(families_, options_.naming);
  for (std::size_t looks = 0; looks < 2 * kMostClosely;) {
    Pieces<void> looking;
    for (std::size_t i = 0; i < std::min(kMostClosely, families_.size()); ++i) {
      if (families_[i].usable() && !families_[i].looked_closely) looking.push_back(look_closely(families_[i]));
    }
    if (looking.empty()) break;
    looks += looking.size();
    Result<void> looked = co_await all_done(std::move(looking));
    if (!looked) co_return fail(std::move(looked.error()));
    rank(families_, options_.naming);
  }
  co_return Result<void>();
}

awaitable<Result<std::vector<Group>>> Survey::find_groups() {
  if (options_.schema) co_return co_await find_schema_group();

  Texts selectors;
  selectors.push_back(name_matches(kCallsPattern));
  selectors.push_back(name_matches(kHistogramPattern));
  Texts narrower;
  narrower.push_back(name_matches("((.*[._])?span[._]?metrics[._]|signoz_)?calls(_total)?"));
  narrower.push_back(name_matches(
      "((.*[._])?span[._]?metrics[._]|signoz_)?(duration|latency)([._](milliseconds|seconds|ms))?(_bucket|_count)?"));
  Result<Texts> names = co_await ask_.metric_names(std::move(selectors), std::move(narrower), window_);
  if (!names) co_return fail(std::move(names.error()));
  std::vector<Group> groups = pair_by_prefix(sort_metric_names(*names));
  co_return co_await worth_a_look(std::move(groups));
}

/// The one pair of metrics that the user named, as far as it is there.
awaitable<Result<std::vector<Group>>> Survey::find_schema_group() {
  const CustomSchema& schema = *options_.schema;
  Texts wanted;
  if (!schema.calls.empty()) wanted.push_back(schema.calls);
  if (!schema.histogram.empty()) {
    for (const char* suffix : {"", "_bucket", ".bucket", "_count"}) wanted.push_back(schema.histogram + suffix);
  }
  Texts selectors;
  selectors.reserve(wanted.size());
  for (const std::string& name : wanted) selectors.push_back("{" + promql::metric_name_matcher(name) + "}");
  Texts narrower = selectors;
  Result<Texts> names = co_await ask_.metric_names(std::move(selectors), std::move(narrower), window_);
  if (!names) co_return fail(std::move(names.error()));

  const auto there = [&](const std::string& name) { return std::ranges::find(*names, name) != names->end(); };
  Group group;
  if (!schema.calls.empty() && there(schema.calls)) group.calls.push_back(parse_calls_name(schema.calls));
  if (!schema.histogram.empty()) {
    HistogramName histogram = parse_histogram_base(schema.histogram);
    for (const char* suffix : {"_bucket", ".bucket"}) {
      if (there(schema.histogram + suffix)) histogram.bucket = schema.histogram + suffix;
    }
    if (there(schema.histogram + "_count")) histogram.count = schema.histogram + "_count";
    histogram.bare = there(schema.histogram);
    if (!counting_metric(histogram).empty()) group.histograms.push_back(std::move(histogram));
  }
  std::vector<Group> groups;
  const bool calls_missing = !schema.calls.empty() && group.calls.empty();
  if (!calls_missing && !(group.calls.empty() && group.histograms.empty())) groups.push_back(std::move(group));
  co_return std::move(groups);
}

/// Leaves out histograms without calls that have neither a telling name nor a kind or status label: half of all metrics
/// are called ..._duration_seconds. One question sorts out all of them.
awaitable<Result<std::vector<Group>>> Survey::worth_a_look(std::vector<Group> groups) {
  const auto doubtful = [](const Group& group) {
    return group.calls.empty() && !is_known_group(group) && !group.histograms.front().prefix.empty();
  };
  if (std::ranges::none_of(groups, doubtful)) co_return std::move(groups);

  Texts selectors;
  selectors.reserve(4);
  for (const char* label : {"span_kind", "status_code", "otel_status_code", "span_status"}) {
    selectors.push_back("{__name__=~" + promql::quote_string(kHistogramCountPattern) + "," + label + "!=\"\"}");
  }
  Texts narrower = selectors;
  Result<Texts> names = co_await ask_.metric_names(std::move(selectors), std::move(narrower), window_);
  if (!names) co_return fail(std::move(names.error()));

  const std::unordered_set<std::string_view> labelled_names(names->begin(), names->end());
  std::size_t rejected = 0;
  std::vector<Group> kept;
  for (Group& group : groups) {
    if (doubtful(group)) {
      const HistogramName& histogram = group.histograms.front();
      const bool dotted = !promql::is_identifier(histogram.base);
      const bool labelled = labelled_names.contains(histogram.base) || labelled_names.contains(histogram.count);
      if (!dotted && !labelled) {
        if (rejected++ >= kMostRejected) continue;
        add_rejected(families_, group, {}, "neither a known name nor a label for span kind or status");
        continue;
      }
    }
    kept.push_back(std::move(group));
  }
  co_return std::move(kept);
}

/// Everything that can be asked before it is known which labels mean what: all at the same time.
awaitable<Result<void>> Survey::read_labels(ReadGroup& read) {
  const std::string& metric = calls_metric(read.group);
  const bool only_bucket = read.group.calls.empty() && is_bucket(read.group.histograms.front(), metric);
  read.of_histograms.resize(read.group.histograms.size());
  Pieces<void> reading;
  reading.push_back(read_newest(read.newest_ms, metric));
  reading.push_back(read_labels_of(read.labels, metric, only_bucket));
  if (!read.group.calls.empty()) {
    for (std::size_t i = 0; i < read.group.histograms.size(); ++i) {
      const HistogramName& name = read.group.histograms[i];
      const std::string& counting = counting_metric(name);
      reading.push_back(read_labels_of(read.of_histograms[i], counting, is_bucket(name, counting)));
    }
  }
  co_return co_await all_done(std::move(reading));
}

awaitable<Result<void>> Survey::read_newest(Time& newest, std::string metric) {
  std::string series = selector_of(metric, {}, dialect_);
  Result<Time> found = co_await newest_of(std::move(series), Time());
  if (!found) co_return fail(std::move(found.error()));
  newest = *found;
  co_return Result<void>();
}

awaitable<Result<void>> Survey::read_labels_of(Texts& labels, std::string metric, bool is_bucket) {
  const std::string series = selector_of(metric, {}, dialect_);
  Result<Texts> found = Texts();
  if (is_bucket) {
    // Listing the labels of buckets costs ten times as much: one series has to do.
    Result<Time> newest = co_await newest_of(series, Time());
    if (!newest) co_return fail(std::move(newest.error()));
    if (*newest) found = co_await ask_.labels_of_one(series, **newest);
  } else {
    found = co_await ask_.label_names(series, window_);
  }
  if (!found) co_return fail(std::move(found.error()));
  labels = std::move(*found);
  co_return Result<void>();
}

/// The newest sample up to `hint`, where there is one then; else anywhere in the window. The same is never asked twice.
awaitable<Result<Time>> Survey::newest_of(std::string selector, Time hint) {
  if (const auto known = newest_.find(selector); known != newest_.end()) co_return known->second;
  Result<Time> found = Time();
  if (hint) {
    found = co_await ask_.sample_at(selector, *hint);
    if (!found) co_return fail(std::move(found.error()));
  }
  if (!*found) found = co_await ask_.newest_sample(selector, window_);
  if (!found) co_return fail(std::move(found.error()));
  newest_[selector] = *found;
  co_return *found;
}

awaitable<Result<Survey::Families>> Survey::look_at(ReadGroup read) {
  Families families;
  const Group group = std::move(read.group);
  Variant whole;
  whole.metric = calls_metric(group);
  whole.labels = std::move(read.labels);
  whole.newest_ms = read.newest_ms;
  whole.names = choose_labels(whole.labels);
  std::string lacks;
  if (whole.names.service_label.empty()) {
    lacks = "no label names a service";
  } else if (whole.names.operation_label.empty() && whole.names.kind_label.empty()) {
    lacks = "no label names an operation or a span kind";
  }
  if (!lacks.empty()) {
    add_rejected(families, group, whole.labels, std::move(lacks));
    if (group.calls.empty()) co_return std::move(families);
    // Its histograms may be span metrics all the same.
    for (std::size_t i = 0; i < group.histograms.size(); ++i) {
      ReadGroup alone;
      alone.group.histograms.push_back(group.histograms[i]);
      alone.labels = std::move(read.of_histograms[i]);
      Result<void> dated = co_await read_newest(alone.newest_ms, counting_metric(group.histograms[i]));
      if (!dated) co_return fail(std::move(dated.error()));
      Result<Families> looked = co_await look_at(std::move(alone));
      if (!looked) co_return fail(std::move(looked.error()));
      std::ranges::move(*looked, std::back_inserter(families));
    }
    co_return std::move(families);
  }

  std::vector<Histogram> histograms;
  for (std::size_t i = 0; i < group.histograms.size(); ++i) {
    Histogram histogram;
    histogram.name = group.histograms[i];
    histogram.labels = group.calls.empty() ? whole.labels : std::move(read.of_histograms[i]);
    std::erase(histogram.labels, "le");
    histograms.push_back(std::move(histogram));
  }

  Texts operations = labels_present(whole.labels, operation_labels(prefers_operation(options_.naming)));
  if (options_.schema && !options_.schema->operation_label.empty()) {
    std::erase(operations, options_.schema->operation_label);
    operations.insert(operations.begin(), options_.schema->operation_label);
  }
  const bool several_operations = operations.size() > 1;
  Result<std::vector<Variant>> by_operation = co_await split_by_operation(std::move(whole), std::move(operations));
  if (!by_operation) co_return fail(std::move(by_operation.error()));

  Pieces<std::vector<Variant>> splitting;
  for (Variant& of_operation : *by_operation) splitting.push_back(split_by_status(std::move(of_operation)));
  std::vector<Result<std::vector<Variant>>> split = co_await side_by_side(std::move(splitting));
  Pieces<FoundFamily> adding;
  for (Result<std::vector<Variant>>& by_status : split) {
    if (!by_status) co_return fail(std::move(by_status.error()));
    for (const Variant& variant : *by_status) {
      bool paired = false;
      for (const Histogram& histogram : histograms) {
        // Another operation label's histogram, where one calls name serves two families.
        if (several_operations && !options_.schema && !has_needed_labels(histogram.labels, variant.names)) continue;
        adding.push_back(make_family(group, variant, &histogram));
        paired = true;
      }
      if (!paired) adding.push_back(make_family(group, variant, nullptr));
    }
  }
  std::vector<Result<FoundFamily>> made = co_await side_by_side(std::move(adding));
  for (Result<FoundFamily>& found : made) {
    if (!found) co_return fail(std::move(found.error()));
    families.push_back(std::move(*found));
  }
  co_return std::move(families);
}

/// Tries, once, in which spelling the store takes label names that are no plain identifiers.
awaitable<Result<void>> Survey::settle_dialect(ReadGroup& read) {
  const auto is_dotted = [](const std::string& label) { return !promql::is_identifier(label); };
  const auto dotted = std::ranges::find_if(read.labels, is_dotted);
  if (dotted != read.labels.end() && !dialect_settled_) {
    std::vector<LabelPresence> having;
    having.push_back(LabelPresence{*dotted, true});
    const std::int64_t at = window_.end_ms.value_or(0);
    bool understood = false;
    for (const auto dialect : {promql::Dialect::prometheus, promql::Dialect::victoria_metrics}) {
      const std::string query = "topk(1, " + selector_of(calls_metric(read.group), having, dialect) + ")";
      Result<bool> tried = co_await ask_.understands(query, at);
      if (!tried) co_return fail(std::move(tried.error()));
      if (!*tried) continue;
      dialect_ = dialect;
      understood = true;
      break;
    }
    only_identifiers_ = !understood;
    dialect_settled_ = true;
  }
  drop_unwritable(read.labels);
  for (Texts& labels : read.of_histograms) drop_unwritable(labels);
  co_return Result<void>();
}

/// References must outlive the coroutine.
awaitable<Result<FoundFamily>> Survey::make_family(const Group& group, const Variant& variant,
                                                   const Histogram* histogram) {
  FoundFamily found;
  found.variant = variant.index;
  found.family.names = variant.names;
  found.family.call_labels = variant.labels;
  found.family.newest_sample_ms = variant.newest_ms;
  if (!group.calls.empty()) {
    found.calls = group.calls.front();
    found.family.names.calls = found.calls.name;
  }
  if (histogram != nullptr) {
    found.histogram = histogram->name;
    found.family.histogram_base = histogram->name.base;
    found.family.histogram_labels = histogram->labels;
    if (group.calls.empty()) {
      found.family.names.calls = histogram->name.count;
    } else if (!has_needed_labels(histogram->labels, variant.names)) {
      found.family.histogram_unusable_because = "it lacks labels by which the calls are told apart";
    } else {
      Result<Time> newest = co_await newest_of_histogram(histogram->name, variant);
      if (!newest) co_return fail(std::move(newest.error()));
      if (!*newest) found.family.histogram_unusable_because = "it has no samples in the time that was looked at";
      const bool both = newest->has_value() && variant.newest_ms.has_value();
      found.family.newest_sample_ms = both ? std::min(*newest, variant.newest_ms) : Time();
    }
    const std::string& kind = found.family.names.kind_label;
    found.family.names.histogram_has_kind = kind.empty() || has_label(histogram->labels, kind);
    if (found.family.histogram_unusable_because.empty()) found.family.names.bucket = histogram->name.bucket;
  }
  found.family.overflow_label = overflow_label(found.family.call_labels);
  judge(found);
  if (!variant.newest_ms && found.usable()) {
    found.family.rejected_because = "no samples in the time that was looked at";
  }
  co_return std::move(found);
}

awaitable<Result<Time>> Survey::newest_of_histogram(const HistogramName& histogram, const Variant& variant) {
  Time newest;
  Texts metrics;
  metrics.push_back(counting_metric(histogram));
  if (histogram.bare && metrics.front() != histogram.base) metrics.push_back(histogram.base);
  for (const std::string& metric : metrics) {
    Result<Time> found = co_await newest_of(selector(metric, variant.names), variant.newest_ms);
    if (!found) co_return fail(std::move(found.error()));
    if (*found) newest = newest ? std::max(*newest, **found) : **found;
  }
  co_return newest;
}

model::MetricNames Survey::choose_labels(const Texts& labels) const {
  model::MetricNames names;
  names.calls.clear();
  names.bucket.clear();
  names.service_label = first_present(labels, service_labels());
  names.operation_label = first_present(labels, operation_labels(prefers_operation(options_.naming)));
  names.kind_label = first_present(labels, kind_labels());
  names.status_label = first_present(labels, status_labels());
  if (!options_.schema) return names;
  const CustomSchema& schema = *options_.schema;
  const auto settle = [&](std::string& label, const std::string& wanted) {
    if (!wanted.empty()) label = has_label(labels, wanted) ? wanted : std::string();
  };
  settle(names.service_label, schema.service_label);
  settle(names.operation_label, schema.operation_label);
  settle(names.kind_label, schema.kind_label);
  settle(names.status_label, schema.status_label);
  return names;
}

void Survey::drop_unwritable(Texts& labels) const {
  if (!only_identifiers_) return;
  std::erase_if(labels, [](const std::string& label) { return !promql::is_identifier(label); });
}

void Survey::add_rejected(Families& families, const Group& group, const Texts& labels, std::string why) const {
  if (only_identifiers_ && !labels.empty()) {
    why += " (the store's names hold dots, but its query language does not take quoted names: Prometheus 3 does)";
  }
  const std::size_t count = std::max<std::size_t>(group.histograms.size(), 1);
  for (std::size_t i = 0; i < count; ++i) {
    FoundFamily found;
    found.family.names = choose_labels(labels);
    if (!group.calls.empty()) found.calls = group.calls.front();
    found.family.names.calls = found.calls.name;
    if (!group.histograms.empty()) {
      found.histogram = group.histograms[i];
      found.family.histogram_base = found.histogram.base;
      found.family.names.bucket = found.histogram.bucket;
    }
    found.family.call_labels = labels;
    found.family.rejected_because = why;
    // The nearest miss is what people want to read about.
    if (is_known_group(group)) found.producer_order = kUnknownProducer - 1;
    families.push_back(std::move(found));
  }
}

/// Whether what was found is span metrics at all, and whether the settings allow it.
void Survey::judge(FoundFamily& found) const {
  const Producer producer = recognise_producer(found);
  found.producer_order = producer.order;
  found.family.producer = producer.title;
  if (!options_.schema) found.family.misfit = misfit(options_.naming, found);
  found.family.looks_alike = false;
  if (options_.schema || found.known_producer()) return;
  if (!found.family.names.kind_label.empty() || !found.family.names.status_label.empty()) return;

  if (const auto wanted = fully_given(options_.naming)) {
    const bool named = found.calls.name == wanted->calls &&
                       (found.histogram.bucket.empty() || found.histogram.bucket == wanted->bucket);
    if (named) return;
  }
  if (found.prefix().empty() && !found.calls.name.empty() && !found.histogram.base.empty()) {
    found.family.looks_alike = true;
  } else {
    found.family.rejected_because = "neither a known name nor a label for span kind or status";
  }
}

std::string Survey::selector(const std::string& metric, const model::MetricNames& names) const {
  return selector_of(metric, names.membership, dialect_);
}

awaitable<Result<Time>> Survey::first_sample(const FoundFamily& found) {
  const model::MetricNames& names = found.family.names;
  const std::string metric = names.calls.empty() ? names.native_histogram : names.calls;
  const std::int64_t newest = found.family.newest_sample_ms.value_or(0);
  co_return co_await ask_.first_sample(selector(metric, names), window_, newest);
}

}  // namespace spm::schema
