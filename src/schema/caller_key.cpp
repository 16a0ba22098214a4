#include "caller_key.hpp"

#include <random>

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace spm::schema {
namespace {

/// With its length first, so that no two lists of texts are written alike.
void append(std::string& out, const std::string& text) {
  out += std::to_string(text.size());
  out += ':';
  out += text;
}

}  // namespace

CallerKeys::CallerKeys() {
  std::random_device random;
  for (unsigned char& byte : secret_) byte = static_cast<unsigned char>(random());
}

std::string CallerKeys::key_of(const base::CallContext& context) const {
  if (context.bearer_token.empty() && context.store_parameters.empty()) return {};
  std::string told;
  append(told, context.bearer_token);
  for (const auto& [name, value] : context.store_parameters) {
    append(told, name);
    append(told, value);
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
       reinterpret_cast<const unsigned char*>(told.data()), told.size(), digest.data(), &length);
  return std::string(reinterpret_cast<const char*>(digest.data()), length);
}

}  // namespace spm::schema
