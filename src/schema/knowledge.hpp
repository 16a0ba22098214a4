#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include <spm/schema/store_schema.hpp>

#include "flight.hpp"

/// What is known for each kind of caller, and what has been tried. Not locked: its owner is.
namespace spm::schema {

using SteadyTime = std::chrono::steady_clock::time_point;
using SchemaFlight = Flight<SchemaPtr>;

/// A time that a request asked about, in whole hours, so that a page that is drawn again and again counts once.
struct HourRange {
  std::int64_t from = 0;
  std::int64_t until = 0;

  friend bool operator==(const HourRange&, const HourRange&) = default;
};

class Known {
 public:
  SchemaPtr schema;                      ///< last good answer; null: none yet
  std::shared_ptr<SchemaFlight> flight;  ///< under way, or null
  std::optional<SteadyTime> tried;       ///< when a discovery last began
  std::optional<SteadyTime> looked_for_errors;

  /// What a discovery over a range found; nothing: that range was not tried. Remembers the 32 newest.
  const SchemaPtr* of_range(HourRange range) const;
  void remember_range(HourRange range, SchemaPtr found);

 private:
  static constexpr std::size_t kMaxRanges = 32;
  std::list<std::pair<HourRange, SchemaPtr>> ranges_;  // newest first
};

/// At most `capacity` callers; the least recently used one goes.
class KnowledgeTable {
 public:
  explicit KnowledgeTable(std::size_t capacity) : capacity_(capacity) {}

  /// The entry of `key`, made where there is none, used now. Entries stay alive while somebody holds them.
  std::shared_ptr<Known> of(const std::string& key);
  std::size_t size() const noexcept { return index_.size(); }

 private:
  using Order = std::list<std::pair<std::string, std::shared_ptr<Known>>>;

  const std::size_t capacity_;
  Order order_;  // newest first
  std::unordered_map<std::string, Order::iterator> index_;
};

}  // namespace spm::schema
