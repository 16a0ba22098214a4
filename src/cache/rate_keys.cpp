#include "rate_keys.hpp"

#include <chrono>
#include <cstdint>

#include <spm/base/go_duration.hpp>
#include <spm/base/utf8.hpp>
#include <spm/sharing/key_text.hpp>

namespace spm::cache {
namespace {

using sharing::KeyText;

std::int64_t number(std::size_t count) { return static_cast<std::int64_t>(count); }

/// Never negative.
std::int64_t phase_of(const model::TimeGrid& grid) {
  return (grid.start_ms % grid.step_ms + grid.step_ms) % grid.step_ms;
}

std::string_view sign_of(promql::MatchOp op) {
  switch (op) {
    case promql::MatchOp::equal:
      return "=";
    case promql::MatchOp::not_equal:
      return "!=";
    case promql::MatchOp::regex:
      return "=~";
    case promql::MatchOp::not_regex:
      break;
  }
  return "!~";
}

void add_part(KeyText& key, const rates::RatePart& part) {
  key.add(number(part.by.size()));
  for (const std::string& label : part.by) key.add(label);
  key.add(part.only ? 1 : 0);
  if (!part.only) return;
  key.add(part.only->name).add(number(part.only->values.size()));
  for (const std::string& value : part.only->values) key.add(value);
}

}  // namespace

std::string group_key(const rates::RateQuery& query, std::string_view caller) {
  KeyText key;
  key.add("rate-group").add(query.metric).add(number(query.matchers.size()));
  for (const promql::Matcher& matcher : query.matchers) {
    key.add(matcher.label).add(static_cast<std::int64_t>(matcher.op)).add(matcher.value);
  }
  key.add(query.window_ms).add(query.grid.step_ms).add(phase_of(query.grid)).add(caller);
  return key.take();
}

std::string columns_key(std::string_view group, const rates::RatePart& part) {
  KeyText key;
  key.add("rate-columns").add(group);
  add_part(key, part);
  return key.take();
}

std::string flight_key(const rates::RateQuery& query, std::string_view caller, bool all_parts) {
  KeyText key;
  key.add(group_key(query, caller)).add(query.grid.start_ms).add(number(query.grid.points));
  if (!all_parts) {
    for (const rates::RatePart& part : query.needed) add_part(key, part);
  }
  return key.take();
}

std::string token_key(std::string_view caller) {
  KeyText key;
  key.add("rate-token").add(caller);
  return key.take();
}

std::string about_group(const rates::RateQuery& query) {
  std::string text = query.metric + "{";
  for (const promql::Matcher& matcher : query.matchers) {
    if (&matcher != query.matchers.data()) text += ",";
    text += matcher.label + std::string(sign_of(matcher.op)) + "\"" + matcher.value + "\"";
  }
  const std::string step = base::format_go_duration(std::chrono::milliseconds(query.grid.step_ms));
  return base::printable(text + "}", 300) + " every " + step;
}

std::string about_part(const rates::RatePart& part) {
  std::string text = " by (";
  for (const std::string& label : part.by) text += (&label == part.by.data() ? "" : ", ") + label;
  text += ")";
  if (part.only) {
    text += " of " + part.only->name + "=";
    for (const std::string& value : part.only->values) text += (&value == part.only->values.data() ? "" : "|") + value;
  }
  return base::printable(text, 200);
}

}  // namespace spm::cache
