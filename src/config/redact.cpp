#include <spm/base/utf8.hpp>
#include <spm/config/settings.hpp>

namespace spm::config {

// Works on text that may not be a URL, and on passwords that hold ':', '/', '?' or '@' unescaped: better to hide too
// much than to show half a password.
std::string redact_url(std::string_view url) {
  constexpr std::string_view kHidden = "REDACTED";
  std::string out;
  std::string_view rest = url;
  if (const std::size_t scheme = rest.find("://"); scheme != std::string_view::npos) {
    out = rest.substr(0, scheme + 3);
    rest.remove_prefix(scheme + 3);
  }
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    // An '@' in front of the scheme: nothing that precedes it is trusted to be a scheme.
    if (out.find('@') != std::string::npos) out.clear();
    out.append(kHidden).append("@");
    rest.remove_prefix(at + 1);
  } else if (const std::size_t early = out.find('@'); early != std::string::npos) {
    out = std::string(kHidden) + out.substr(early);
  }
  if (const std::size_t extra = rest.find_first_of("?#"); extra != std::string_view::npos) {
    out.append(rest.substr(0, extra + 1)).append(kHidden);
  } else {
    out.append(rest);
  }
  return base::printable(out, 500);
}

}  // namespace spm::config
