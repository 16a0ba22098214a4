#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include <spm/base/call_context.hpp>
#include <spm/base/result.hpp>
#include <spm/service/catalog.hpp>

#include "prometheus_form.hpp"

namespace spm::http {

/// A match[] of a list request, as far as lists can be narrowed by it.
struct ListSelection {
  std::string metric;                          ///< as written; may be empty
  std::string service_label = "service_name";  ///< as written
  /// Readings of the services, see promql::service_readings; nullopt: all services.
  std::optional<std::vector<std::vector<std::string>>> services;
  std::string operation;               ///< exactly this one; empty: all
  std::vector<model::SpanKind> kinds;  ///< empty: all
  bool has_other_matchers = false;     ///< that narrow nothing here
};

/// The error is invalid_argument about match[].
base::Result<ListSelection> read_selection(std::string_view text);

/// What was asked of a list route.
struct ListRequest {
  std::vector<ListSelection> selections;  ///< any of them; none: everything
  service::ListWindow window;
  std::size_t limit = 0;  ///< 0: none
};

/// The most entries that the caller wants; 0: no bound.
base::Result<std::size_t> read_limit(const PrometheusForm& form);
/// Prometheus' warning about a cut to the caller's limit.
inline constexpr std::string_view kTruncated = "results truncated due to limit";

base::Result<ListRequest> read_list_request(const PrometheusForm& form);

struct ListOutcome {
  std::vector<std::string> values;
  std::vector<model::LabelSet> series;
  std::vector<std::string> warnings;
  std::vector<service::Notice> notices;
};

/// The values of label `name`. `now_ms`: the end of windows that are counted back from now.
boost::asio::awaitable<base::Result<ListOutcome>> label_values(service::Catalog& catalog, std::string name,
                                                               ListRequest asked, std::int64_t now_ms,
                                                               const base::CallContext& context);

/// Label sets that series of span metrics have: service, operation (under both of its usual names) and span kind.
boost::asio::awaitable<base::Result<ListOutcome>> series_list(service::Catalog& catalog, ListRequest asked,
                                                              const base::CallContext& context);

/// Labels that can be asked about, sorted.
const std::vector<std::string>& known_labels();

}  // namespace spm::http
