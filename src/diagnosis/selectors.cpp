#include "selectors.hpp"

#include <spm/promql/builder.hpp>

namespace spm::diagnosis {
namespace {

constexpr std::string_view kBucket = "bucket";

/// The metric beside classic buckets that counts what they hold: "x_count" for "x_bucket".
std::string count_name(const std::string& bucket) {
  if (!bucket.ends_with(kBucket)) return {};
  return bucket.substr(0, bucket.size() - kBucket.size()) + "count";
}

}  // namespace

FamilySelectors::FamilySelectors(const schema::Family& family, promql::Dialect dialect) : dialect_(dialect) {
  const model::MetricNames& names = family.names;
  for (const model::LabelPresence& rule : names.membership) {
    const auto op = rule.present ? promql::MatchOp::not_equal : promql::MatchOp::equal;
    membership_.push_back({rule.label, op, ""});
  }
  counter_ = names.calls;
  if (counter_.empty()) counter_ = count_name(names.bucket);
  if (counter_.empty() || (names.calls.empty() && !family.histogram.classic && family.histogram.native)) {
    counter_ = names.native_histogram;
    native_ = true;
  }
}

std::string FamilySelectors::write(const std::vector<promql::Matcher>& matchers) const {
  std::string inside;
  const bool plain = promql::is_plain_metric_name(counter_);
  if (!plain) inside = promql::metric_name_matcher(counter_);
  for (const promql::Matcher& matcher : matchers) {
    if (!inside.empty()) inside += ',';
    inside += promql::write_matcher(matcher, dialect_);
  }
  return (plain ? counter_ : std::string()) + "{" + inside + "}";
}

std::string FamilySelectors::select(const std::vector<promql::Matcher>& more) const {
  std::vector<promql::Matcher> matchers = membership_;
  matchers.insert(matchers.end(), more.begin(), more.end());
  return write(matchers);
}

std::string FamilySelectors::select_all(const std::vector<promql::Matcher>& more) const { return write(more); }

std::string FamilySelectors::select_one(const model::LabelSet& labels) const {
  std::vector<promql::Matcher> matchers;
  for (const model::Label& label : labels) {
    if (label.name != "__name__") matchers.push_back({label.name, promql::MatchOp::equal, label.value});
  }
  return write(matchers);
}

}  // namespace spm::diagnosis
