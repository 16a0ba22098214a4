#include "survey.hpp"

#include <algorithm>
#include <utility>

#include "constraints.hpp"
#include "label_choice.hpp"
#include "producers.hpp"
#include "ranking.hpp"

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

void drop_dotted(Texts& labels) {
  std::erase_if(labels, [](const std::string& label) { return !promql::is_identifier(label); });
}

}  // namespace

awaitable<Result<void>> Survey::run() {
  Result<std::vector<Group>> groups = co_await find_groups();
  if (!groups) co_return fail(std::move(groups.error()));
  std::ranges::stable_sort(*groups,
                           [](const Group& a, const Group& b) { return is_known_group(a) && !is_known_group(b); });
  for (std::size_t i = 0; i < groups->size(); ++i) {
    Group group = std::move((*groups)[i]);
    if (i >= kMostGroups) {
      add_rejected(group, {}, "not looked at: too many metrics have names like these");
      continue;
    }
    Result<void> looked = co_await look_at(std::move(group));
    if (!looked) co_return fail(std::move(looked.error()));
  }

  // A close look can change the order: a label status_code may turn out to hold HTTP's. The best one is always looked
  // at.
  rank(families_, options_.naming);
  for (std::size_t looks = 0; looks < 2 * kMostClosely && looks < families_.size(); ++looks) {
    std::size_t next = 0;
    while (next < families_.size() && families_[next].looked_closely) ++next;
    if (next >= std::min(kMostClosely, families_.size()) || !families_[next].usable()) break;
    Result<void> looked = co_await look_closely(families_[next]);
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

  std::vector<Group> kept;
  for (Group& group : groups) {
    if (doubtful(group)) {
      const HistogramName& histogram = group.histograms.front();
      const bool dotted = !promql::is_identifier(histogram.base);
      const bool labelled = std::ranges::any_of(
          *names, [&](const std::string& name) { return name == histogram.base || name == histogram.count; });
      if (!dotted && !labelled) {
        add_rejected(group, {}, "neither a known name nor a label for span kind or status");
        continue;
      }
    }
    kept.push_back(std::move(group));
  }
  co_return std::move(kept);
}

awaitable<Result<void>> Survey::look_at(Group group) {
  Variant whole;
  whole.metric = calls_metric(group);
  const bool only_bucket = group.calls.empty() && is_bucket(group.histograms.front(), whole.metric);
  Result<Texts> labels = co_await labels_of_metric(whole.metric, only_bucket);
  if (!labels) co_return fail(std::move(labels.error()));
  Result<void> settled = co_await settle_dialect(whole.metric, *labels);
  if (!settled) co_return fail(std::move(settled.error()));

  whole.labels = std::move(*labels);
  whole.names = choose_labels(whole.labels);
  std::string lacks;
  if (whole.names.service_label.empty()) {
    lacks = "no label names a service";
  } else if (whole.names.operation_label.empty() && whole.names.kind_label.empty()) {
    lacks = "no label names an operation or a span kind";
  }
  if (!lacks.empty()) {
    add_rejected(group, whole.labels, std::move(lacks));
    if (group.calls.empty()) co_return Result<void>();
    // Its histograms may be span metrics all the same.
    for (HistogramName& name : group.histograms) {
      Group alone;
      alone.histograms.push_back(std::move(name));
      Result<void> looked = co_await look_at(std::move(alone));
      if (!looked) co_return fail(std::move(looked.error()));
    }
    co_return Result<void>();
  }

  std::vector<Histogram> histograms;
  for (const HistogramName& name : group.histograms) {
    Histogram histogram;
    histogram.name = name;
    if (group.calls.empty()) {
      histogram.labels = whole.labels;
    } else {
      const std::string metric = counting_metric(name);
      Result<Texts> own = co_await labels_of_metric(metric, is_bucket(name, metric));
      if (!own) co_return fail(std::move(own.error()));
      if (only_identifiers_) drop_dotted(*own);
      histogram.labels = std::move(*own);
    }
    std::erase(histogram.labels, "le");
    histograms.push_back(std::move(histogram));
  }

  Texts operations = labels_present(whole.labels, operation_labels(prefers_operation(options_.naming)));
  if (options_.schema && !options_.schema->operation_label.empty()) operations = {options_.schema->operation_label};
  const bool several_operations = operations.size() > 1;
  Result<std::vector<Variant>> by_operation = co_await split_by_operation(std::move(whole), std::move(operations));
  if (!by_operation) co_return fail(std::move(by_operation.error()));

  for (Variant& of_operation : *by_operation) {
    Result<std::vector<Variant>> by_status = co_await split_by_status(std::move(of_operation));
    if (!by_status) co_return fail(std::move(by_status.error()));
    for (const Variant& variant : *by_status) {
      bool paired = false;
      for (const Histogram& histogram : histograms) {
        // Another operation label's histogram, where one calls name serves two families.
        if (several_operations && !has_needed_labels(histogram.labels, variant.names)) continue;
        Result<void> added = co_await add_family(group, variant, &histogram);
        if (!added) co_return fail(std::move(added.error()));
        paired = true;
      }
      if (paired) continue;
      Result<void> added = co_await add_family(group, variant, nullptr);
      if (!added) co_return fail(std::move(added.error()));
    }
  }
  co_return Result<void>();
}

awaitable<Result<Texts>> Survey::labels_of_metric(std::string metric, bool is_bucket) {
  const std::string series = selector_of(metric, {}, dialect_);
  if (!is_bucket) co_return co_await ask_.label_names(series, window_);
  // Listing the labels of buckets costs ten times as much: one series has to do.
  Result<Time> newest = co_await ask_.newest_sample(series, window_);
  if (!newest) co_return fail(std::move(newest.error()));
  if (!*newest) co_return Texts();
  co_return co_await ask_.labels_of_one(series, **newest);
}

/// Tries, once, in which spelling the store takes label names that are no plain identifiers.
awaitable<Result<void>> Survey::settle_dialect(std::string metric, Texts& labels) {
  const auto dotted =
      std::ranges::find_if(labels, [](const std::string& label) { return !promql::is_identifier(label); });
  if (dotted == labels.end()) co_return Result<void>();
  if (!dialect_settled_) {
    std::vector<LabelPresence> having;
    having.push_back(LabelPresence{*dotted, true});
    const std::int64_t at = window_.end_ms.value_or(0);
    bool understood = false;
    for (const auto dialect : {promql::Dialect::prometheus, promql::Dialect::victoria_metrics}) {
      const std::string query = "topk(1, " + selector_of(metric, having, dialect) + ")";
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
  if (only_identifiers_) drop_dotted(labels);
  co_return Result<void>();
}

/// One calls name with two operation labels is two families, unless every series has both.
awaitable<Result<std::vector<Survey::Variant>>> Survey::split_by_operation(Variant whole, Texts operations) {
  std::vector<Variant> variants;
  if (operations.size() < 2) {
    Result<Time> newest = co_await ask_.newest_sample(selector(whole.metric, whole.names), window_);
    if (!newest) co_return fail(std::move(newest.error()));
    whole.newest_ms = *newest;
    variants.push_back(std::move(whole));
    co_return std::move(variants);
  }
  std::vector<LabelPresence> without_earlier;
  for (const std::string& operation : operations) {
    Variant variant = whole;
    variant.index = static_cast<int>(without_earlier.size()) * 4;
    variant.names.operation_label = operation;
    variant.names.membership = without_earlier;
    variant.names.membership.insert(variant.names.membership.begin(), LabelPresence{operation, true});
    without_earlier.push_back(LabelPresence{operation, false});
    const std::string series = selector(variant.metric, variant.names);
    Result<Time> newest = co_await ask_.newest_sample(series, window_);
    if (!newest) co_return fail(std::move(newest.error()));
    if (!*newest) continue;
    variant.newest_ms = *newest;
    // Its own labels: one family may say `service` where the other one says `service_name`.
    Result<Texts> labels = co_await ask_.label_names(series, window_);
    if (!labels) co_return fail(std::move(labels.error()));
    if (only_identifiers_) drop_dotted(*labels);
    variant.labels = std::move(*labels);
    model::MetricNames chosen = choose_labels(variant.labels);
    chosen.operation_label = operation;
    chosen.membership = std::move(variant.names.membership);
    variant.names = std::move(chosen);
    if (!variant.names.service_label.empty()) variants.push_back(std::move(variant));
  }
  if (variants.empty()) variants.push_back(std::move(whole));
  if (variants.size() == 1) variants.front().names.membership.clear();
  co_return std::move(variants);
}

/// One family name with two status labels is two families, unless the series that have the second one have both. The
/// collector's otel_status_code is on series with a status only: its family is what lacks the other labels.
awaitable<Result<std::vector<Survey::Variant>>> Survey::split_by_status(Variant whole) {
  std::vector<Variant> variants;
  const Texts statuses = labels_present(whole.labels, status_labels());
  const bool named = options_.schema && !options_.schema->status_label.empty();
  if (statuses.size() < 2) {
    variants.push_back(std::move(whole));
    co_return std::move(variants);
  }
  std::vector<LabelPresence> without_plain;
  const auto add = [&](const std::string& status, std::vector<LabelPresence> membership, Time newest) {
    Variant variant = whole;
    variant.index += static_cast<int>(variants.size());
    variant.names.status_label = status;
    variant.names.membership.insert(variant.names.membership.end(), membership.begin(), membership.end());
    variant.newest_ms = newest;
    variants.push_back(std::move(variant));
  };
  for (const std::string& status : statuses) {
    if (is_otel_status(status)) continue;
    std::vector<LabelPresence> membership = without_plain;
    membership.insert(membership.begin(), LabelPresence{status, true});
    without_plain.push_back(LabelPresence{status, false});
    model::MetricNames names = whole.names;
    names.membership.insert(names.membership.end(), membership.begin(), membership.end());
    Result<Time> newest = co_await ask_.newest_sample(selector(whole.metric, names), window_);
    if (!newest) co_return fail(std::move(newest.error()));
    if (*newest) add(status, std::move(membership), *newest);
  }
  const auto otel = std::ranges::find_if(statuses, [](const std::string& label) { return is_otel_status(label); });
  if (otel != statuses.end()) {
    model::MetricNames names = whole.names;
    names.membership.insert(names.membership.end(), without_plain.begin(), without_plain.end());
    const std::string all_series = selector(whole.metric, names);
    names.membership.push_back(LabelPresence{*otel, true});
    Result<Time> marked = co_await ask_.newest_sample(selector(whole.metric, names), window_);
    if (!marked) co_return fail(std::move(marked.error()));
    if (*marked) {
      Result<Time> newest = co_await ask_.newest_sample(all_series, window_);
      if (!newest) co_return fail(std::move(newest.error()));
      add(*otel, without_plain, *newest);
    }
  }
  if (named) {
    const std::string& wanted = options_.schema->status_label;
    std::erase_if(variants, [&](const Variant& variant) { return variant.names.status_label != wanted; });
  }
  const std::size_t found = variants.size();
  if (found == 0) variants.push_back(std::move(whole));
  if (found == 1 && !named) variants.front().names.membership = whole.names.membership;
  co_return std::move(variants);
}

awaitable<Result<void>> Survey::add_family(const Group& group, const Variant& variant, const Histogram* histogram) {
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
  families_.push_back(std::move(found));
  co_return Result<void>();
}

awaitable<Result<Time>> Survey::newest_of_histogram(const HistogramName& histogram, const Variant& variant) {
  Time newest;
  Texts metrics;
  metrics.push_back(counting_metric(histogram));
  if (histogram.bare && metrics.front() != histogram.base) metrics.push_back(histogram.base);
  for (const std::string& metric : metrics) {
    Result<Time> found = co_await ask_.newest_sample(selector(metric, variant.names), window_);
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

void Survey::add_rejected(const Group& group, const Texts& labels, std::string why) {
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
    families_.push_back(std::move(found));
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
