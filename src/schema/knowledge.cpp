#include "knowledge.hpp"

#include <algorithm>

namespace spm::schema {

const SchemaPtr* Known::of_range(HourRange range) const {
  const auto found = std::ranges::find(ranges_, range, &std::pair<HourRange, SchemaPtr>::first);
  return found == ranges_.end() ? nullptr : &found->second;
}

void Known::remember_range(HourRange range, SchemaPtr found) {
  std::erase_if(ranges_, [&](const auto& entry) { return entry.first == range; });
  ranges_.emplace_front(range, std::move(found));
  if (ranges_.size() > kMaxRanges) ranges_.pop_back();
}

std::shared_ptr<Known> KnowledgeTable::of(const std::string& key) {
  if (const auto known = index_.find(key); known != index_.end()) {
    order_.splice(order_.begin(), order_, known->second);
    return known->second->second;
  }
  order_.emplace_front(key, std::make_shared<Known>());
  index_.emplace(key, order_.begin());
  if (order_.size() > capacity_) {
    index_.erase(order_.back().first);
    order_.pop_back();
  }
  return order_.front().second;
}

}  // namespace spm::schema
