#pragma once

#include <memory>
#include <utility>

#include <spm/prometheus/client.hpp>

#include "body_intake.hpp"
#include "chunk_read_request.hpp"
#include "connection.hpp"
#include "store_operation.hpp"

namespace spm::prometheus {

/// Hands a stream of chunks to a sink, which it holds. Any other answer is an error.
class ChunkReadOperation final : public StoreOperation {
 public:
  ChunkReadOperation(const ChunkRead& read, std::shared_ptr<ByteSink> sink)
      : request_(chunk_read_request(read)),
        intake_(std::move(sink)) {}

  base::Result<StoreRequest> request(std::chrono::milliseconds /*time_left*/) const override { return request_; }
  BodyIntake* intake() override { return &intake_; }
  Handling handling(unsigned /*status*/) const override { return Handling::fail; }
  base::Result<void> read(StoreAnswer& /*store_answer*/) override {
    return base::fail(base::ErrorKind::internal, "a read of raw series has no answer but its stream");
  }

 private:
  class Intake final : public BodyIntake {
   public:
    explicit Intake(std::shared_ptr<ByteSink> sink) : sink_(std::move(sink)) {}

    bool wants(const Reply& head) const override {
      return head.status == 200 && head.content_encoding.empty() && is_chunk_stream(head.content_type);
    }
    base::Result<void> take(std::string_view bytes) override {
      taken_ += bytes.size();
      return sink_->take(bytes);
    }
    std::size_t taken() const override { return taken_; }

   private:
    std::shared_ptr<ByteSink> sink_;
    std::size_t taken_ = 0;
  };

  base::Result<StoreRequest> request_;
  Intake intake_;
};

}  // namespace spm::prometheus
