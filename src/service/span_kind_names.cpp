#include "span_kind_names.hpp"

namespace spm::service {

std::string short_kind_name(std::string_view label_value) {
  constexpr std::string_view kPrefix = "SPAN_KIND_";
  if (label_value.starts_with(kPrefix)) label_value.remove_prefix(kPrefix.size());
  std::string name(label_value);
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

}  // namespace spm::service
