#pragma once

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <spm/schema/discovery.hpp>

#include "fake_store.hpp"

namespace spm::schema {

inline constexpr std::int64_t kMinute = 60'000;
inline constexpr std::int64_t kHour = 60 * kMinute;
inline constexpr std::int64_t kNow = 1'795'268'000'000;

/// A store, a clock that stands still, and one discovery.
class DiscoverTest : public testing::Test {
 protected:
  /// A producer whose data end now.
  static FakeProducer live(std::int64_t for_ms = 2 * kHour) { return until(kNow, for_ms); }
  static FakeProducer until(std::int64_t end_ms, std::int64_t for_ms = 2 * kHour) {
    FakeProducer producer;
    producer.from_ms = end_ms - for_ms;
    producer.until_ms = end_ms;
    return producer;
  }

  base::Result<SchemaPtr> try_discover(std::optional<TimeWindow> only = std::nullopt) {
    base::CallContext context(base::Deadline::after(std::chrono::seconds(20)));
    return run_now(discover(store_, options_, only, kNow, context));
  }
  StoreSchema discovered(std::optional<TimeWindow> only = std::nullopt) {
    auto found = try_discover(only);
    EXPECT_TRUE(found) << (found ? "" : found.error().message);
    return found ? **found : StoreSchema();
  }
  /// The chosen family; an empty one, and a failure, where there is none.
  Family chosen() {
    const StoreSchema schema = discovered();
    EXPECT_NE(schema.family(), nullptr) << schema.reason;
    return schema.family() != nullptr ? *schema.family() : Family();
  }

  FakeStore store_;
  DiscoveryOptions options_;
};

}  // namespace spm::schema
