#pragma once

#include <string>

#include <spm/prometheus/client.hpp>

namespace spm::prometheus::testing {

/// A store that answers nothing: the base of fakes that answer some of it.
class RefusingClient : public PrometheusClient {
 public:
  boost::asio::awaitable<base::Result<RangeAnswer>> query_range(RangeQuery, const base::CallContext&) override {
    co_return base::fail(base::ErrorKind::internal, kNo);
  }
  boost::asio::awaitable<base::Result<InstantAnswer>> query(InstantQuery, const base::CallContext&) override {
    co_return base::fail(base::ErrorKind::internal, kNo);
  }
  boost::asio::awaitable<base::Result<ListAnswer>> label_values(std::string, Listing,
                                                                const base::CallContext&) override {
    co_return base::fail(base::ErrorKind::internal, kNo);
  }
  boost::asio::awaitable<base::Result<ListAnswer>> label_names(Listing, const base::CallContext&) override {
    co_return base::fail(base::ErrorKind::internal, kNo);
  }
  boost::asio::awaitable<base::Result<void>> read_chunks(ChunkRead, std::shared_ptr<ByteSink>,
                                                         const base::CallContext&) override {
    co_return base::fail(base::ErrorKind::internal, kNo);
  }
  boost::asio::awaitable<base::Result<StoreIdentity>> identify(const base::CallContext&) override {
    co_return base::fail(base::ErrorKind::internal, kNo);
  }
  boost::asio::awaitable<base::Result<RawAnswer>> forward(std::string, std::string, const base::CallContext&) override {
    co_return base::fail(base::ErrorKind::internal, kNo);
  }
  boost::asio::awaitable<base::Result<void>> probe(base::Deadline) override { co_return base::Result<void>(); }

 private:
  static constexpr const char* kNo = "this fake does not answer that";
};

}  // namespace spm::prometheus::testing
