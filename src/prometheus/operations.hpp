#pragma once

#include <string>
#include <utility>

#include <spm/prometheus/client.hpp>

#include "range_decoder.hpp"
#include "store_operation.hpp"

namespace spm::prometheus {

/// Each keeps what it read in `answer`.

class RangeOperation final : public StoreOperation {
 public:
  RangeOperation(RangeQuery query, const DecodeLimits& limits) : query_(std::move(query)), limits_(limits) {}

  base::Result<StoreRequest> request(std::chrono::milliseconds time_left) const override {
    return range_request(query_, time_left);
  }
  base::Result<void> read(StoreAnswer& store_answer) override;
  std::size_t infos() const override { return infos_; }

  RangeAnswer answer;

 private:
  RangeQuery query_;
  DecodeLimits limits_;
  std::size_t infos_ = 0;
};

class InstantOperation final : public StoreOperation {
 public:
  InstantOperation(InstantQuery query, std::size_t max_series) : query_(std::move(query)), max_series_(max_series) {}

  base::Result<StoreRequest> request(std::chrono::milliseconds time_left) const override {
    return instant_request(query_, time_left);
  }
  base::Result<void> read(StoreAnswer& store_answer) override;
  std::size_t infos() const override { return infos_; }

  InstantAnswer answer;

 private:
  InstantQuery query_;
  std::size_t max_series_;
  std::size_t infos_ = 0;
};

/// The values of one label, or the names of all labels.
class ListOperation final : public StoreOperation {
 public:
  explicit ListOperation(base::Result<StoreRequest> request) : request_(std::move(request)) {}

  base::Result<StoreRequest> request(std::chrono::milliseconds /*time_left*/) const override { return request_; }
  base::Result<void> read(StoreAnswer& store_answer) override;
  std::size_t infos() const override { return infos_; }

  ListAnswer answer;

 private:
  base::Result<StoreRequest> request_;
  std::size_t infos_ = 0;
};

/// Takes every answer that the store itself gives: one without a version, or that knows no such question, is unknown.
class IdentifyOperation final : public StoreOperation {
 public:
  base::Result<StoreRequest> request(std::chrono::milliseconds /*time_left*/) const override {
    return identity_request();
  }
  Handling handling(unsigned status) const override;
  base::Result<void> read(StoreAnswer& store_answer) override;

  StoreIdentity answer;
};

/// Takes every answer but those that are about this service and not about the caller's request: refused credentials
/// and redirections.
class ForwardOperation final : public StoreOperation {
 public:
  ForwardOperation(std::string path, std::string form) : path_(std::move(path)), form_(std::move(form)) {}

  base::Result<StoreRequest> request(std::chrono::milliseconds /*time_left*/) const override {
    return forwarded_request(path_, form_);
  }
  Handling handling(unsigned status) const override;
  base::Result<void> read(StoreAnswer& store_answer) override;

  RawAnswer answer;

 private:
  std::string path_;
  std::string form_;
};

}  // namespace spm::prometheus
