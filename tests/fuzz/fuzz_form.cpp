// Form decoding: what is decoded, encoded again and decoded again is the same.
#include "form.hpp"
#include "fuzz_main.hpp"

namespace {

std::string encode(const std::string& text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += {'%', kHex[byte >> 4U], kHex[byte & 0xFU]};
  }
  return out;
}

}  // namespace

void fuzz_one(std::string_view input) {
  const auto form = spm::http::decode_form(input);
  if (!form) return;
  std::string again;
  std::size_t bytes = 0;
  for (const auto& parameter : *form) {
    again += (again.empty() ? "" : "&") + encode(parameter.name) + "=" + encode(parameter.value);
    bytes += parameter.name.size() + parameter.value.size();
    fuzz_require(parameter.value.size() == parameter.value_with_plus.size(), "a plus changed the length");
  }
  fuzz_require(bytes <= input.size(), "decoding made more of it");
  const auto second = spm::http::decode_form(again);
  fuzz_require(second.has_value() && second->size() == form->size(), "encoding again lost a parameter");
  auto expected = form->begin();
  for (const auto& parameter : *second) {
    fuzz_require(parameter.name == expected->name && parameter.value == expected->value, "a parameter changed");
    ++expected;
  }
}
