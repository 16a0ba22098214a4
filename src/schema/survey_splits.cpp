#include <algorithm>
#include <utility>

#include "label_choice.hpp"
#include "survey.hpp"

/// Series of one metric that belong to several families: told apart by the labels they have.
namespace spm::schema {
namespace {

using base::fail;
using base::Result;
using boost::asio::awaitable;
using model::LabelPresence;
using Texts = std::vector<std::string>;
using Time = std::optional<std::int64_t>;

}  // namespace

/// One calls name with two operation labels is two families, unless every series has both.
awaitable<Result<std::vector<Survey::Variant>>> Survey::split_by_operation(Variant whole, Texts operations) {
  std::vector<Variant> variants;
  if (operations.size() < 2) {
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
    Result<Time> newest = co_await newest_of(series, whole.newest_ms);
    if (!newest) co_return fail(std::move(newest.error()));
    if (!*newest) continue;
    variant.newest_ms = *newest;
    // Its own labels: one family may say `service` where the other one says `service_name`.
    Result<Texts> labels = co_await ask_.label_names(series, window_);
    if (!labels) co_return fail(std::move(labels.error()));
    drop_unwritable(*labels);
    variant.labels = std::move(*labels);
    model::MetricNames chosen = choose_labels(variant.labels);
    chosen.operation_label = operation;
    chosen.membership = std::move(variant.names.membership);
    variant.names = std::move(chosen);
    if (!variant.names.service_label.empty()) variants.push_back(std::move(variant));
  }
  if (variants.size() == 1) variants.front().names.membership.clear();
  if (options_.schema && !options_.schema->operation_label.empty()) {
    const std::string& wanted = options_.schema->operation_label;
    std::erase_if(variants, [&](const Variant& variant) { return variant.names.operation_label != wanted; });
  }
  if (variants.empty()) variants.push_back(std::move(whole));
  co_return std::move(variants);
}

/// Whether some series lack a label that the others have whatever their status is: they are another family's. What has
/// no status of its own is an otel_status_code's that has seen nothing but unset ones.
awaitable<Result<bool>> Survey::some_lack_status(const Variant& whole, std::string status) {
  if (!whole.newest_ms) co_return false;
  model::MetricNames names = whole.names;
  names.membership.push_back(LabelPresence{status, false});
  names.membership.push_back(LabelPresence{names.service_label, true});  // overflow series have neither
  Result<Time> lacking = co_await ask_.sample_at(selector(whole.metric, names), *whole.newest_ms);
  if (!lacking) co_return fail(std::move(lacking.error()));
  if (!*lacking) co_return false;
  Result<Texts> values = co_await ask_.label_values(status, selector(whole.metric, whole.names), window_);
  if (!values) co_return fail(std::move(values.error()));
  co_return any_unset_value(*values);
}

/// One family name with two status labels is two families, unless the series that have the second one have both. The
/// collector's otel_status_code is on series with a status only: its family is what lacks the other labels.
awaitable<Result<std::vector<Survey::Variant>>> Survey::split_by_status(Variant whole) {
  std::vector<Variant> variants;
  const bool named = options_.schema && !options_.schema->status_label.empty();
  Texts plain = labels_present(whole.labels, status_labels());
  std::string otel;
  for (const std::string& status : plain) {
    if (otel.empty() && is_otel_status(status)) otel = status;
  }
  std::erase_if(plain, [](const std::string& status) { return is_otel_status(status); });
  bool split = plain.size() > 1 || (plain.size() == 1 && !otel.empty());
  const bool marked_ones_only = split;
  if (plain.size() == 1 && otel.empty()) {
    Result<bool> lacking = co_await some_lack_status(whole, plain.front());
    if (!lacking) co_return fail(std::move(lacking.error()));
    split = *lacking;
    otel = otel_status_beside(plain.front());
  }
  if (!split) {
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
  for (const std::string& status : plain) {
    std::vector<LabelPresence> membership = without_plain;
    membership.insert(membership.begin(), LabelPresence{status, true});
    without_plain.push_back(LabelPresence{status, false});
    model::MetricNames names = whole.names;
    names.membership.insert(names.membership.end(), membership.begin(), membership.end());
    Result<Time> newest = co_await newest_of(selector(whole.metric, names), whole.newest_ms);
    if (!newest) co_return fail(std::move(newest.error()));
    if (*newest) add(status, std::move(membership), *newest);
  }
  if (!otel.empty() || !marked_ones_only) {
    model::MetricNames names = whole.names;
    names.membership.insert(names.membership.end(), without_plain.begin(), without_plain.end());
    const std::string all_series = selector(whole.metric, names);
    Result<Time> marked = whole.newest_ms;
    if (marked_ones_only) {
      names.membership.push_back(LabelPresence{otel, true});
      marked = co_await newest_of(selector(whole.metric, names), whole.newest_ms);
      if (!marked) co_return fail(std::move(marked.error()));
    }
    if (*marked) {
      Result<Time> newest = co_await newest_of(all_series, whole.newest_ms);
      if (!newest) co_return fail(std::move(newest.error()));
      add(otel, without_plain, *newest);
    }
  }
  if (named) {
    const std::string& wanted = options_.schema->status_label;
    std::erase_if(variants, [&](const Variant& variant) { return variant.names.status_label != wanted; });
  }
  if (variants.size() == 1 && !named) variants.front().names.membership = whole.names.membership;
  if (variants.empty()) variants.push_back(std::move(whole));
  co_return std::move(variants);
}

}  // namespace spm::schema
