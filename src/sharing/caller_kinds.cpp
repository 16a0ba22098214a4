#include <random>
#include <string_view>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <spm/sharing/caller_kinds.hpp>
#include <spm/sharing/key_text.hpp>

namespace spm::sharing {

CallerKinds::CallerKinds() {
  std::random_device random;
  for (unsigned char& byte : secret_) byte = static_cast<unsigned char>(random());
}

std::string CallerKinds::kind_of(const base::CallContext& context) const {
  KeyText key;
  key.add(context.tenant);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (!context.bearer_token.empty()) {
    HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
         reinterpret_cast<const unsigned char*>(context.bearer_token.data()), context.bearer_token.size(),
         digest.data(), &length);
  }
  key.add(std::string_view(reinterpret_cast<const char*>(digest.data()), length));
  for (const auto& [name, value] : context.store_parameters) key.add(name).add(value);
  return key.take();
}

}  // namespace spm::sharing
