#include "answer_key.hpp"

#include <bit>
#include <cstdint>
#include <vector>

#include <spm/base/utf8.hpp>
#include <spm/reshape/family.hpp>
#include <spm/sharing/key_text.hpp>

namespace spm::service {
namespace {

constexpr std::size_t kMostOfAName = 60;

void add_names(sharing::KeyText& key, const std::vector<std::string>& names) {
  key.add(static_cast<std::int64_t>(names.size()));
  for (const std::string& name : names) key.add(name);
}

}  // namespace

std::string answer_key(const model::MetricQuery& query, bool wants_plan, const std::string& caller) {
  sharing::KeyText key;
  key.add("answer");
  key.add(static_cast<std::int64_t>(query.kind));
  add_names(key, query.services);
  add_names(key, query.services_with_plus);
  key.add(query.group_by_operation ? 1 : 0);
  key.add(static_cast<std::int64_t>(query.span_kinds.size()));
  for (const model::SpanKind kind : query.span_kinds) key.add(static_cast<std::int64_t>(kind));
  key.add(static_cast<std::int64_t>(query.tags.size()));
  for (const model::Label& tag : query.tags) key.add(tag.name).add(tag.value);
  key.add(std::bit_cast<std::int64_t>(query.quantile));
  key.add(query.grid.start_ms).add(query.grid.step_ms).add(static_cast<std::int64_t>(query.grid.points));
  key.add(query.rate_window_ms);
  key.add(query.default_step_widened_from_ms.value_or(-1));  // told in a notice
  key.add(wants_plan ? 1 : 0);
  key.add(caller);
  return key.take();
}

std::string about_question(const model::MetricQuery& query) {
  std::string text = reshape::family_name(query) + " of ";
  text += query.services.empty() ? std::string("nothing") : base::printable(query.services.front(), kMostOfAName);
  if (query.services.size() > 1) text += " and " + std::to_string(query.services.size() - 1) + " more";
  text += ", " + std::to_string(query.grid.points) + " points of " + std::to_string(query.grid.step_ms);
  return text + " ms up to " + std::to_string(query.grid.last_ms());
}

}  // namespace spm::service
