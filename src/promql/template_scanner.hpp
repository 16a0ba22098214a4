#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace spm::promql {

/// A stretch of a template: text as it will be sent, or the name of a placeholder.
struct TemplateItem {
  bool placeholder = false;
  std::string text;
  std::vector<std::size_t> lines;  ///< of each byte of `text`, from 1
};

struct TemplateProblem {
  std::size_t line = 1;
  std::string reason;
};

/// Cuts a template at its placeholders. Comments go, white space becomes single spaces where it matters; strings stay
/// as they are. Refuses braces that are no placeholder, and placeholders inside strings or glued to a word: what is
/// filled in must stay a token of its own.
tl::expected<std::vector<TemplateItem>, TemplateProblem> scan_template(std::string_view text);

}  // namespace spm::promql
