#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include <spm/promql/templates.hpp>

#include "placeholders.hpp"
#include "template_scanner.hpp"

namespace spm::promql {

/// Turns the text of a template into its pieces, and holds it against the rules that Template::compile names.
class TemplateCompiler {
 public:
  TemplateCompiler(model::MetricKind kind, Source source) : kind_(kind), source_(source) {}

  tl::expected<Template, TemplateProblem> compile(std::string_view text);

 private:
  using Check = tl::expected<void, TemplateProblem>;

  Check check_placeholders(const std::vector<TemplateItem>& items) const;
  Check take_pieces(std::vector<TemplateItem> items);
  Check check_sample(const Fragments& sample) const;

  model::MetricKind kind_;
  Source source_;
  Template result_;
  std::vector<std::vector<std::size_t>> lines_;  ///< of each byte of each piece
};

}  // namespace spm::promql
