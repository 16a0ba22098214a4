#include "environment_expansion.hpp"

#include "values.hpp"

namespace spm::config {
namespace {

constexpr int kMaxDepth = 8;
constexpr std::size_t kMaxExpandedBytes = 65'536;

bool is_variable_name(std::string_view text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
         std::string_view::npos;
}

/// Where the brace that closes the reference at `text[0]` ("${...") stands.
std::size_t closing_brace(std::string_view text) {
  int open = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '$' && i + 1 < text.size() && text[i + 1] == '{') {
      ++open;
      ++i;
    } else if (text[i] == '}' && --open == 0) {
      return i;
    }
  }
  return std::string_view::npos;
}

class Expander {
 public:
  Expander(const Environment& environment, std::vector<std::string>& missing)
      : environment_(environment),
        missing_(missing) {}

  base::Result<std::string> expand(std::string_view text, int depth) {
    if (depth > kMaxDepth) return refuse("nests ${...} too deeply: write it out");
    std::string out;
    while (!text.empty()) {
      const std::size_t dollar = text.find('$');
      out.append(text.substr(0, dollar));
      if (dollar == std::string_view::npos) break;
      text.remove_prefix(dollar);
      if (text.starts_with("$$")) {
        out += '$';
        text.remove_prefix(2);
      } else if (text.starts_with("${")) {
        const std::size_t end = closing_brace(text);
        if (end == std::string_view::npos) return refuse("has ${ without its }: close it, or write $$ for a dollar");
        auto value = resolve(text.substr(2, end - 2), depth);
        if (!value) return value;
        out.append(*value);
        text.remove_prefix(end + 1);
      } else {
        out += '$';
        text.remove_prefix(1);
      }
      if (out.size() > kMaxExpandedBytes) return refuse("expands to more than 64 KiB: shorten it");
    }
    return out;
  }

 private:
  base::Result<std::string> resolve(std::string_view reference, int depth) {
    constexpr std::string_view kScheme = "env:";
    if (reference.starts_with(kScheme)) reference.remove_prefix(kScheme.size());
    const std::size_t split = reference.find(":-");
    const std::string_view name = reference.substr(0, split);
    if (!is_variable_name(name)) {
      return refuse("has a reference " + in_quotes(name) + " that is not expanded here: write ${env:NAME}");
    }
    const auto found = environment_.find(name);
    if (found != environment_.end() && !found->second.empty()) return found->second;
    if (split != std::string_view::npos) return expand(reference.substr(split + 2), depth + 1);
    if (found == environment_.end()) missing_.emplace_back(name);
    return std::string();
  }

  const Environment& environment_;
  std::vector<std::string>& missing_;
};

}  // namespace

base::Result<std::string> expand_environment(std::string_view text, const Environment& environment,
                                             std::vector<std::string>& missing) {
  return Expander(environment, missing).expand(text, 0);
}

}  // namespace spm::config
