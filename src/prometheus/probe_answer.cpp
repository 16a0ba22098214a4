#include "probe_answer.hpp"

#include <nlohmann/json.hpp>

#include <spm/prometheus/store_options.hpp>

namespace spm::prometheus {

base::Result<void> check_probe_answer(std::string_view body, const std::string& store) {
  const nlohmann::json json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (json.is_object()) {
    const auto status = json.find("status");
    if (status != json.end() && *status == "success") return {};
  }
  return base::fail(
      base::ErrorKind::store_misbehaved,
      "what answers at " + store + " is no Prometheus API; is the path in " + std::string(kUrlSetting) + " right?");
}

}  // namespace spm::prometheus
