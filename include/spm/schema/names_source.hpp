#pragma once

#include <boost/asio/awaitable.hpp>

#include <spm/base/call_context.hpp>
#include <spm/base/result.hpp>
#include <spm/model/metric_names.hpp>

namespace spm::schema {

/// Tells under which names the store keeps what is asked for. A coroutine, because finding out asks the store.
class NamesSource {
 public:
  NamesSource() = default;
  NamesSource(const NamesSource&) = delete;
  NamesSource& operator=(const NamesSource&) = delete;
  virtual ~NamesSource() = default;

  virtual boost::asio::awaitable<base::Result<model::MetricNames>> names(const base::CallContext& context) = 0;
};

}  // namespace spm::schema
