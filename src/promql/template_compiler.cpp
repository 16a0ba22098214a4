#include "template_compiler.hpp"

#include <algorithm>
#include <utility>

#include <spm/base/utf8.hpp>
#include <spm/promql/parser.hpp>

namespace spm::promql {
namespace {

constexpr std::size_t kMaxTemplateBytes = std::size_t{64} * 1024;

const Placeholder* find_placeholder(std::string_view name) noexcept {
  const auto* found = std::find_if(kPlaceholders.begin(), kPlaceholders.end(),
                                   [&](const Placeholder& placeholder) { return placeholder.name == name; });
  return found == kPlaceholders.end() ? nullptr : found;
}

std::string written(std::string_view name) { return "{{" + std::string(name) + "}}"; }

tl::unexpected<TemplateProblem> problem(std::size_t line, std::string reason) {
  return tl::unexpected<TemplateProblem>({line, std::move(reason)});
}

// Two samples with nothing in common: names that can stand bare and names that cannot, one word and several. A template
// that is right by accident for one is wrong for the other.
Fragments plain_sample() {
  Fragments sample;
  sample.calls = "spm_sample_calls";
  sample.bucket = "spm_sample_bucket";
  sample.histogram = "spm_sample_histogram";
  sample.matchers = R"(spm_sample_service="a")";
  sample.error_matcher = R"(spm_sample_status="e")";
  sample.window = "10m";
  sample.by = "spm_sample_service";
  sample.le = "le";
  sample.quantile = "0.95";
  sample.scale = "1";
  return sample;
}

Fragments odd_sample() {
  Fragments sample;
  sample.calls = "spm.sample.calls";
  sample.bucket = "spm.sample.bucket";
  sample.histogram = "spm.sample.histogram";
  sample.matchers = R"("spm.sample.service"=~"b\\.|c\"",spm_sample_kind!="d")";
  sample.error_matcher = R"("spm.sample.status"=~"e|f")";
  sample.window = "1h1ms";
  sample.by = R"("spm.sample.service",spm_sample_operation)";
  sample.le = "le,vmrange";
  sample.quantile = "1e-07";
  sample.scale = "1e-06";
  return sample;
}

/// The matchers that a sample is filled with, read back.
std::vector<Matcher> sample_matchers(const Fragments& sample) {
  const auto tree = parse("{" + sample.matchers + "}");
  const auto* selector = tree ? (*tree)->as<Selector>() : nullptr;
  return selector == nullptr ? std::vector<Matcher>() : selector->matchers;
}

bool has_all(const Selector& selector, const std::vector<Matcher>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const Matcher& matcher) {
    return std::find(selector.matchers.begin(), selector.matchers.end(), matcher) != selector.matchers.end();
  });
}

}  // namespace

tl::expected<Template, TemplateProblem> TemplateCompiler::compile(std::string_view text) {
  if (text.size() > kMaxTemplateBytes) return problem(1, "longer than 64 KiB");
  if (text.find('\0') != std::string_view::npos) return problem(1, "a NUL byte");
  auto items = scan_template(text);
  if (!items) return tl::unexpected<TemplateProblem>(std::move(items.error()));
  if (auto checked = check_placeholders(*items); !checked) return tl::unexpected<TemplateProblem>(checked.error());
  if (auto taken = take_pieces(std::move(*items)); !taken) return tl::unexpected<TemplateProblem>(taken.error());
  for (const Fragments& sample : {plain_sample(), odd_sample()}) {
    if (auto checked = check_sample(sample); !checked) return tl::unexpected<TemplateProblem>(checked.error());
  }
  return std::move(result_);
}

TemplateCompiler::Check TemplateCompiler::check_placeholders(const std::vector<TemplateItem>& items) const {
  for (const TemplateItem& item : items) {
    if (!item.placeholder) continue;
    const Placeholder* placeholder = find_placeholder(item.text);
    if (placeholder == nullptr) {
      std::string known;
      for (const Placeholder& one : kPlaceholders) {
        if (one.use_in(kind_, source_) != Use::forbidden) known += ' ' + written(one.name);
      }
      return problem(item.lines.front(),
                     "unknown placeholder " + written(base::printable(item.text, 40)) + "; known here are" + known);
    }
    if (placeholder->use_in(kind_, source_) == Use::forbidden) {
      return problem(item.lines.front(), written(item.text) + " has no value in this template");
    }
  }
  const std::size_t last_line = items.empty() ? 1 : items.back().lines.back();
  for (const Placeholder& placeholder : kPlaceholders) {
    const bool present = std::any_of(items.begin(), items.end(), [&](const TemplateItem& item) {
      return item.placeholder && item.text == placeholder.name;
    });
    if (!present && placeholder.use_in(kind_, source_) == Use::required) {
      return problem(last_line, written(placeholder.name) + " is missing");
    }
  }
  return {};
}

TemplateCompiler::Check TemplateCompiler::take_pieces(std::vector<TemplateItem> items) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    TemplateItem& item = items[i];
    if (!item.placeholder) {
      if (item.text.empty()) continue;
      result_.pieces_.emplace_back(std::move(item.text));
      lines_.push_back(std::move(item.lines));
      continue;
    }
    const Placeholder* placeholder = find_placeholder(item.text);
    if (placeholder->metric_name) {
      // The brace after the name belongs to it: a name such as a.b goes inside.
      TemplateItem* next = i + 1 < items.size() && !items[i + 1].placeholder ? &items[i + 1] : nullptr;
      const std::size_t brace = next == nullptr ? std::string::npos : next->text.find_first_not_of(' ');
      if (brace == std::string::npos || next->text[brace] != '{') {
        return problem(item.lines.front(), written(item.text) +
                                               " is a metric's name and needs its matchers after it, " +
                                               written(item.text) + "{ {{matchers}} }");
      }
      next->text.erase(0, brace + 1);
      next->lines.erase(next->lines.begin(), next->lines.begin() + static_cast<std::ptrdiff_t>(brace) + 1);
      result_.pieces_.emplace_back(Template::NameAndBrace{placeholder->fragment});
    } else {
      result_.pieces_.emplace_back(placeholder->fragment);
    }
    lines_.push_back({item.lines.front()});
  }
  return {};
}

TemplateCompiler::Check TemplateCompiler::check_sample(const Fragments& sample) const {
  std::string text;
  std::vector<std::size_t> lines;
  for (std::size_t i = 0; i < result_.pieces_.size(); ++i) {
    const std::size_t before = text.size();
    Template::append(text, result_.pieces_[i], sample);
    for (std::size_t byte = before; byte < text.size(); ++byte) {
      lines.push_back(lines_[i][std::min(byte - before, lines_[i].size() - 1)]);
    }
  }
  const auto line_of = [&](std::size_t offset) {
    if (lines.empty()) return std::size_t{1};
    return lines[std::min(offset, lines.size() - 1)];
  };

  const auto tree = parse(text);
  if (!tree) {
    const SyntaxError& error = tree.error();
    const std::string rest = error.offset < text.size() ? base::printable(text.substr(error.offset), 40) : "the end";
    return problem(line_of(error.offset), "not PromQL: " + error.reason + " (at: " + rest + ")");
  }
  const std::vector<Matcher> wanted = sample_matchers(sample);
  for (const Expr* selector : selectors(**tree)) {
    if (!has_all(*selector->as<Selector>(), wanted)) {
      return problem(line_of(selector->range.begin), "a selector without {{matchers}}; every one must have it");
    }
  }
  const ValueType type = type_of(**tree);
  if (type != ValueType::instant_vector && type != ValueType::unknown) {
    return problem(line_of(0), "the whole expression must be an instant vector");
  }
  return {};
}

}  // namespace spm::promql
