#include "prometheus_lists.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <spm/base/utf8.hpp>
#include <spm/promql/jaeger_query.hpp>
#include <spm/promql/parser.hpp>

#include "go_numbers.hpp"
#include "prometheus_times.hpp"

namespace spm::http {
namespace {

using base::CallContext;
using base::ErrorKind;
using base::fail;
using base::invalid_parameter;
using base::Result;
using boost::asio::awaitable;
using promql::Matcher;
using promql::MatchOp;
using service::NameList;

/// One request of the store's for each: more would make a variable slow to fill.
constexpr std::size_t kMaxServicesLookedInto = 50;
constexpr std::size_t kMaxSelections = 20;
constexpr std::int64_t kDefaultLookbackMs = 48 * 3'600'000LL;

bool is_service_label(std::string_view label) { return label == "service_name" || label == "service"; }
bool is_operation_label(std::string_view label) { return label == "span_name" || label == "operation"; }

/// Whether a matcher lets through every series that has the label at all.
bool matches_all(const Matcher& matcher) {
  if (matcher.op == MatchOp::not_equal) return matcher.value.empty();
  return matcher.op == MatchOp::regex && (matcher.value == ".*" || matcher.value == ".+");
}

/// A kind as metrics or catalogs write it: "SPAN_KIND_SERVER" or "server".
std::optional<model::SpanKind> kind_of(std::string_view text) {
  constexpr std::string_view kPrefix = "SPAN_KIND_";
  if (text.starts_with(kPrefix)) text.remove_prefix(kPrefix.size());
  return model::span_kind_from_name(text);
}

void read_matcher(const Matcher& matcher, ListSelection& selection) {
  if (matches_all(matcher)) return;
  const bool equal = matcher.op == MatchOp::equal;
  if (matcher.label == "__name__" && equal) {
    selection.metric = matcher.value;
  } else if (is_service_label(matcher.label) && !selection.services && (equal || matcher.op == MatchOp::regex)) {
    promql::JaegerQuery query;
    query.service = matcher.value;
    query.service_is_list = !equal;
    selection.service_label = matcher.label;
    selection.services = promql::service_readings(query);
  } else if (is_operation_label(matcher.label) && equal && selection.operation.empty()) {
    selection.operation = matcher.value;
  } else if (matcher.label == "span_kind" && equal && kind_of(matcher.value)) {
    selection.kinds.push_back(*kind_of(matcher.value));
  } else {
    selection.has_other_matchers = true;
  }
}

bool wants(const ListSelection& selection, const service::Operation& operation) {
  if (!selection.operation.empty() && operation.name != selection.operation) return false;
  if (selection.kinds.empty()) return true;
  const auto kind = kind_of(operation.span_kind);
  return kind && std::ranges::find(selection.kinds, *kind) != selection.kinds.end();
}

std::vector<ListSelection> selections_of(const ListRequest& asked) {
  return asked.selections.empty() ? std::vector<ListSelection>(1) : asked.selections;
}

/// The known services that `selection` means.
std::vector<std::string> chosen(const std::vector<std::string>& known, const ListSelection& selection) {
  if (!selection.services) return known;
  for (const auto& names : *selection.services) {
    std::vector<std::string> found;
    for (const std::string& name : names) {
      if (std::ranges::find(known, name) != known.end()) found.push_back(name);
    }
    if (!found.empty()) return found;
  }
  return {};
}

void warn_once(std::vector<std::string>& warnings, std::string text) {
  if (std::ranges::find(warnings, text) == warnings.end()) warnings.push_back(std::move(text));
}

/// Notices and the cut of a list that was read on the way, told once.
template <class List>
void take_notices(const List& list, ListOutcome& outcome) {
  if (list.cut)
    warn_once(outcome.warnings, "a list is longer than " + std::to_string(service::kMaxListed) + " and cut");
  for (const service::Notice& notice : list.notices) {
    const auto same = [&](const service::Notice& other) {
      return other.kind == notice.kind && other.text == notice.text;
    };
    if (std::ranges::none_of(outcome.notices, same)) outcome.notices.push_back(notice);
  }
}

/// Sorted, each once, at most `limit`.
void finish(const std::set<std::string>& values, const ListRequest& asked, ListOutcome& outcome) {
  outcome.values.assign(values.begin(), values.end());
  if (asked.limit != 0 && outcome.values.size() > asked.limit) {
    outcome.values.resize(asked.limit);
    warn_once(outcome.warnings, std::string(kTruncated));
  }
  for (const ListSelection& selection : asked.selections) {
    if (selection.has_other_matchers) {
      warn_once(outcome.warnings,
                "lists are narrowed by service, operation and span kind only; other matchers of "
                "match[] were left aside");
    }
  }
}

/// A pair of a service and the selection that chose it.
struct Chosen {
  std::string service;
  const ListSelection* selection;
};

/// The services to look into, at most as many as is bearable.
std::vector<Chosen> to_look_into(const std::vector<std::string>& known, const std::vector<ListSelection>& selections,
                                 ListOutcome& outcome) {
  std::vector<Chosen> all;
  for (const ListSelection& selection : selections) {
    for (std::string& name : chosen(known, selection)) all.push_back({std::move(name), &selection});
  }
  if (all.size() > kMaxServicesLookedInto) {
    all.resize(kMaxServicesLookedInto);
    warn_once(outcome.warnings, "only the first " + std::to_string(kMaxServicesLookedInto) +
                                    " services were looked into: narrow the list by a matcher on service_name");
  }
  return all;
}

/// All values of a label whatever the service, under any of `keys`. No such label is an empty list.
awaitable<Result<NameList>> attribute(service::Catalog& catalog, std::vector<std::string> keys,
                                      std::optional<std::string> service, std::int64_t lookback_ms,
                                      const CallContext& context) {
  for (std::string& key : keys) {
    Result<NameList> found = co_await catalog.attribute_values(std::move(key), service, lookback_ms, context);
    if (!found && found.error().kind == ErrorKind::invalid_argument) continue;
    if (!found || !found->names.empty()) co_return found;
  }
  NameList nothing;
  co_return nothing;
}

std::int64_t lookback_of(const service::ListWindow& window, std::int64_t now_ms) {
  if (!window.start_ms || *window.start_ms >= now_ms) return kDefaultLookbackMs;
  return now_ms - *window.start_ms;
}

awaitable<Result<ListOutcome>> service_values(service::Catalog& catalog, ListRequest asked,
                                              const CallContext& context) {
  Result<NameList> known = co_await catalog.services(asked.window, context);
  if (!known) co_return fail(std::move(known.error()));
  ListOutcome outcome;
  take_notices(*known, outcome);
  std::set<std::string> values;
  for (const ListSelection& selection : selections_of(asked)) {
    for (std::string& name : chosen(known->names, selection)) values.insert(std::move(name));
  }
  finish(values, asked, outcome);
  co_return outcome;
}

awaitable<Result<ListOutcome>> operation_values(service::Catalog& catalog, ListRequest asked, std::int64_t now_ms,
                                                const CallContext& context) {
  ListOutcome outcome;
  std::set<std::string> values;
  const std::vector<ListSelection> selections = selections_of(asked);
  const bool of_all = std::ranges::any_of(selections, [](const ListSelection& one) { return !one.services; });
  if (of_all) {
    std::vector<std::string> keys = {"span.name", "operation"};
    const std::int64_t lookback_ms = lookback_of(asked.window, now_ms);
    Result<NameList> found = co_await attribute(catalog, std::move(keys), std::nullopt, lookback_ms, context);
    if (!found) co_return fail(std::move(found.error()));
    take_notices(*found, outcome);
    values.insert(found->names.begin(), found->names.end());
  }
  if (values.empty()) {
    Result<NameList> known = co_await catalog.services(asked.window, context);
    if (!known) co_return fail(std::move(known.error()));
    take_notices(*known, outcome);
    const std::vector<Chosen> services = to_look_into(known->names, selections, outcome);
    for (const Chosen& one : services) {
      Result<NameList> found = co_await catalog.operations(one.service, asked.window, context);
      if (!found) co_return fail(std::move(found.error()));
      take_notices(*found, outcome);
      values.insert(found->names.begin(), found->names.end());
    }
  }
  finish(values, asked, outcome);
  co_return outcome;
}

awaitable<Result<ListOutcome>> kind_values(service::Catalog& catalog, ListRequest asked, const CallContext& context) {
  Result<NameList> kinds = co_await catalog.span_kinds(asked.window, context);
  if (!kinds) co_return fail(std::move(kinds.error()));
  ListOutcome outcome;
  take_notices(*kinds, outcome);
  std::set<std::string> values(kinds->names.begin(), kinds->names.end());

  const std::vector<ListSelection> selections = selections_of(asked);
  const bool of_all = std::ranges::any_of(selections, [](const ListSelection& one) { return !one.services; });
  if (!of_all) {
    Result<NameList> known = co_await catalog.services(asked.window, context);
    if (!known) co_return fail(std::move(known.error()));
    std::set<model::SpanKind> seen;
    const std::vector<Chosen> services = to_look_into(known->names, selections, outcome);
    for (const Chosen& one : services) {
      Result<service::OperationList> found = co_await catalog.operations_by_kind(one.service, std::nullopt, context);
      if (!found) co_return fail(std::move(found.error()));
      for (const service::Operation& operation : found->operations) {
        if (const auto kind = kind_of(operation.span_kind)) seen.insert(*kind);
      }
    }
    std::erase_if(values, [&](const std::string& value) {
      const auto kind = kind_of(value);
      return kind && !seen.contains(*kind);
    });
  }
  finish(values, asked, outcome);
  co_return outcome;
}

awaitable<Result<ListOutcome>> other_values(service::Catalog& catalog, std::string name, ListRequest asked,
                                            std::int64_t now_ms, const CallContext& context) {
  std::optional<std::string> service;
  const bool one_name = asked.selections.size() == 1 && asked.selections.front().services &&
                        asked.selections.front().services->size() == 1 &&
                        asked.selections.front().services->front().size() == 1;
  if (one_name) service = asked.selections.front().services->front().front();
  const std::int64_t lookback_ms = lookback_of(asked.window, now_ms);
  std::vector<std::string> keys = {std::move(name)};
  Result<NameList> found = co_await attribute(catalog, std::move(keys), std::move(service), lookback_ms, context);
  if (!found) co_return fail(std::move(found.error()));
  ListOutcome outcome;
  take_notices(*found, outcome);
  std::set<std::string> values(found->names.begin(), found->names.end());
  finish(values, asked, outcome);
  co_return outcome;
}

}  // namespace

Result<ListSelection> read_selection(std::string_view text) {
  const auto tree = promql::parse(text);
  const promql::Selector* selector = tree ? (*tree)->as<promql::Selector>() : nullptr;
  if (selector == nullptr || selector->range_ms != 0 || selector->modifiers != promql::Modifiers{}) {
    return fail(invalid_parameter("match[]", "'" + base::printable(text, 100) +
                                                 "' is not a selector, write one such as {service_name=\"frontend\"}"));
  }
  ListSelection selection;
  selection.metric = selector->name;
  for (const Matcher& matcher : selector->matchers) read_matcher(matcher, selection);
  return selection;
}

Result<std::size_t> read_limit(const PrometheusForm& form) {
  auto text = form.one("limit");
  if (!text) return fail(std::move(text.error()));
  if (text->empty()) return 0;
  auto number = parse_go_int(*text);
  if (!number || *number < 0) return fail(invalid_parameter("limit", "it is not a whole number of 0 or more"));
  return static_cast<std::size_t>(*number);
}

Result<ListRequest> read_list_request(const PrometheusForm& form) {
  ListRequest asked;
  const std::vector<std::string>& texts = form.all("match[]");
  if (texts.size() > kMaxSelections) {
    return fail(invalid_parameter("match[]", "it is given more than " + std::to_string(kMaxSelections) + " times"));
  }
  for (const std::string& text : texts) {
    auto selection = read_selection(text);
    if (!selection) return fail(std::move(selection.error()));
    asked.selections.push_back(std::move(*selection));
  }
  auto start = optional_time(form, "start");
  if (!start) return fail(std::move(start.error()));
  asked.window.start_ms = *start;
  auto end = optional_time(form, "end");
  if (!end) return fail(std::move(end.error()));
  asked.window.end_ms = *end;
  if (*start && *end && **end < **start) return fail(invalid_parameter("end", "the end lies before the start"));

  auto limit = read_limit(form);
  if (!limit) return fail(std::move(limit.error()));
  asked.limit = *limit;
  return asked;
}

const std::vector<std::string>& known_labels() {
  static const std::vector<std::string> labels = {"__name__", "operation", "service_name", "span_kind", "span_name"};
  return labels;
}

awaitable<Result<ListOutcome>> label_values(service::Catalog& catalog, std::string name, ListRequest asked,
                                            std::int64_t now_ms, const CallContext& context) {
  if (name == "__name__") {
    // Any name is answered; these are the ones that a Jaeger asks by default.
    ListOutcome outcome;
    const std::set<std::string> names = {"traces_span_metrics_calls", "traces_span_metrics_duration_bucket"};
    finish(names, asked, outcome);
    co_return outcome;
  }
  if (is_service_label(name)) co_return co_await service_values(catalog, std::move(asked), context);
  if (is_operation_label(name)) co_return co_await operation_values(catalog, std::move(asked), now_ms, context);
  if (name == "span_kind") co_return co_await kind_values(catalog, std::move(asked), context);
  co_return co_await other_values(catalog, std::move(name), std::move(asked), now_ms, context);
}

awaitable<Result<ListOutcome>> series_list(service::Catalog& catalog, ListRequest asked, const CallContext& context) {
  Result<NameList> known = co_await catalog.services(asked.window, context);
  if (!known) co_return fail(std::move(known.error()));
  ListOutcome outcome;
  take_notices(*known, outcome);
  std::set<model::LabelSet> series;
  const std::vector<ListSelection> selections = selections_of(asked);
  const std::vector<Chosen> services = to_look_into(known->names, selections, outcome);
  for (const Chosen& one : services) {
    Result<service::OperationList> found = co_await catalog.operations_by_kind(one.service, std::nullopt, context);
    if (!found) co_return fail(std::move(found.error()));
    take_notices(*found, outcome);
    for (const service::Operation& operation : found->operations) {
      if (!wants(*one.selection, operation)) continue;
      model::LabelSet labels;
      if (!one.selection->metric.empty()) labels.push_back({"__name__", one.selection->metric});
      labels.push_back({one.selection->service_label, one.service});
      labels.push_back({"operation", operation.name});
      labels.push_back({"span_name", operation.name});
      if (const auto kind = kind_of(operation.span_kind)) {
        labels.push_back({"span_kind", std::string(model::label_value(*kind))});
      }
      std::ranges::sort(labels);
      series.insert(std::move(labels));
    }
  }
  const std::set<std::string> no_values;
  finish(no_values, asked, outcome);
  outcome.series.assign(series.begin(), series.end());
  if (asked.limit != 0 && outcome.series.size() > asked.limit) {
    outcome.series.resize(asked.limit);
    warn_once(outcome.warnings, std::string(kTruncated));
  }
  co_return outcome;
}

}  // namespace spm::http
