#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include <spm/base/result.hpp>

#include "body_intake.hpp"
#include "padded_buffer.hpp"
#include "store_request.hpp"

namespace spm::prometheus {

/// An answer of the store as operations see it.
struct StoreAnswer {
  unsigned status = 0;
  std::string content_type;
  bool from_victoria_metrics = false;  ///< it says so in a header
  bool whole = false;                  ///< of an error's body it may be only what came
  PaddedBuffer body;                   ///< decompressed
};

/// One thing that the store can be asked: what goes out, and what is made of what comes back. Used by one call, on its
/// strand.
class StoreOperation {
 public:
  /// What becomes of an answer by its status.
  enum class Handling : std::uint8_t {
    read,         ///< it goes to read()
    fail,         ///< it is retried where that can help, and is an error
    read_at_last  ///< it is retried where that can help, and goes to read() then
  };

  StoreOperation() = default;
  StoreOperation(const StoreOperation&) = delete;
  StoreOperation& operator=(const StoreOperation&) = delete;
  virtual ~StoreOperation() = default;

  /// Once for every attempt.
  virtual base::Result<StoreRequest> request(std::chrono::milliseconds time_left) const = 0;
  /// Where the body goes while it arrives, instead of to read(); nullptr: nowhere. Lives as long as the operation.
  virtual BodyIntake* intake() { return nullptr; }
  virtual Handling handling(unsigned status) const { return status == 200 ? Handling::read : Handling::fail; }
  /// Called at most once, while the request still holds its place among the concurrent ones: decoding costs, too.
  virtual base::Result<void> read(StoreAnswer& answer) = 0;
  /// How many remarks about the query itself the answer carried.
  virtual std::size_t infos() const { return 0; }
};

}  // namespace spm::prometheus
