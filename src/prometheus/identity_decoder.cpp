#include "identity_decoder.hpp"

#include <string>

#include <nlohmann/json.hpp>

#include <spm/base/utf8.hpp>

namespace spm::prometheus {
namespace {

constexpr std::size_t kMaxVersion = 100;

}  // namespace

StoreIdentity decode_identity(std::string_view body, bool says_victoria_metrics) {
  StoreIdentity identity;
  if (says_victoria_metrics) identity.kind = StoreIdentity::Kind::victoria_metrics;
  const nlohmann::json json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return identity;
  const auto data = json.find("data");
  if (data == json.end() || !data->is_object()) return identity;
  if (data->empty()) identity.kind = StoreIdentity::Kind::victoria_metrics;
  if (identity.kind == StoreIdentity::Kind::victoria_metrics) return identity;
  const auto version = data->find("version");
  if (version != data->end() && version->is_string()) {
    identity.version = base::printable(version->get_ref<const std::string&>(), kMaxVersion);
  }
  return identity;
}

}  // namespace spm::prometheus
