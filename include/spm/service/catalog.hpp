#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <spm/base/call_context.hpp>
#include <spm/base/result.hpp>
#include <spm/model/metric_query.hpp>
#include <spm/service/metrics_service.hpp>

namespace spm::service {

/// No list has more entries than this; a cut is told.
inline constexpr std::size_t kMaxListed = 10'000;

struct NameList {
  std::vector<std::string> names;  ///< sorted, each once
  bool cut = false;                ///< there are more than kMaxListed
  std::vector<Notice> notices;
};

struct Operation {
  std::string name;
  std::string span_kind;  ///< "server"; empty where the metrics have no kinds

  friend auto operator<=>(const Operation&, const Operation&) = default;
};

struct OperationList {
  std::vector<Operation> operations;  ///< sorted, each once
  bool cut = false;
  std::vector<Notice> notices;
};

/// Times that a list covers, Unix milliseconds.
struct ListWindow {
  std::optional<std::int64_t> start_ms;
  std::optional<std::int64_t> end_ms;
};

/// What there is to ask about: lists read from the metrics. Lists cover the last 48 h unless a window is given; where
/// the store holds span metrics only from before, the time in which they were found. Safe from any thread.
class Catalog {
 public:
  Catalog() = default;
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;
  virtual ~Catalog() = default;

  virtual boost::asio::awaitable<base::Result<NameList>> services(ListWindow window,
                                                                  const base::CallContext& context) = 0;
  /// Names of operations. An unknown service has none.
  virtual boost::asio::awaitable<base::Result<NameList>> operations(std::string service, ListWindow window,
                                                                    const base::CallContext& context) = 0;
  virtual boost::asio::awaitable<base::Result<OperationList>> operations_by_kind(std::string service,
                                                                                 std::optional<model::SpanKind> kind,
                                                                                 const base::CallContext& context) = 0;
  /// Span kinds as the metrics write them ("SPAN_KIND_SERVER").
  virtual boost::asio::awaitable<base::Result<NameList>> span_kinds(ListWindow window,
                                                                    const base::CallContext& context) = 0;
  /// Values of the label that `key` means, of one service's metrics or of all. invalid_argument about `key` when no
  /// label fits: the message lists near ones. Without a lookback they cover the last hour; where that is empty and the
  /// store holds span metrics only from before, the time in which they were found.
  virtual boost::asio::awaitable<base::Result<NameList>> attribute_values(std::string key,
                                                                          std::optional<std::string> service,
                                                                          std::optional<std::int64_t> lookback_ms,
                                                                          const base::CallContext& context) = 0;
};

}  // namespace spm::service
