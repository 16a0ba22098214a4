#include "error_body.hpp"

#include <nlohmann/json.hpp>

#include <spm/base/utf8.hpp>

namespace spm::prometheus {
namespace {

constexpr std::size_t kMaxBody = std::size_t{1} << 20U;
constexpr std::size_t kMaxType = 50;
constexpr std::size_t kMaxMessage = 1'000;

std::string text_of(const nlohmann::json& object, const char* key, std::size_t max_bytes) {
  const auto member = object.find(key);
  if (member == object.end() || !member->is_string()) return {};
  return base::printable(member->get_ref<const std::string&>(), max_bytes);
}

}  // namespace

std::optional<StoreErrorBody> decode_error_body(std::string_view body) {
  if (body.empty() || body.size() > kMaxBody) return std::nullopt;
  const nlohmann::json json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  StoreErrorBody error;
  error.type = text_of(json, "errorType", kMaxType);
  error.message = text_of(json, "error", kMaxMessage);
  if (error.type.empty() && error.message.empty()) return std::nullopt;
  return error;
}

}  // namespace spm::prometheus
