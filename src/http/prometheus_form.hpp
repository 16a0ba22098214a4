#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <spm/base/result.hpp>
#include <spm/http/message.hpp>

namespace spm::http {

/// The parameters of a request in Prometheus' manner: in the URL, in a form, or in both. Jaeger sends its extra ones
/// twice, so that what stands in both places must be the same, and then counts once.
class PrometheusForm {
 public:
  /// Errors are invalid_argument.
  static base::Result<PrometheusForm> read(const Request& request);

  /// The one value of a parameter; empty where there is none, an error where values differ.
  base::Result<std::string> one(std::string_view name) const;
  /// All values of a parameter, in their order.
  const std::vector<std::string>& all(std::string_view name) const;

  struct Entry {
    std::string name;
    std::vector<std::string> values;
  };
  const std::vector<Entry>& entries() const noexcept { return entries_; }

  /// All of it as a form.
  std::string encoded() const;

 private:
  std::vector<Entry> entries_;  ///< in the order of first mention
};

}  // namespace spm::http
