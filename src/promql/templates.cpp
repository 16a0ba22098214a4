#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include <spm/base/utf8.hpp>
#include <spm/promql/templates.hpp>
#include <spm/promql/text.hpp>

#include "built_in_templates.hpp"
#include "template_compiler.hpp"

namespace spm::promql {
namespace {

using model::MetricKind;

constexpr std::array<MetricKind, 3> kKinds = {MetricKind::latency, MetricKind::call_rate, MetricKind::error_rate};

std::string_view built_in_text(MetricKind kind) noexcept {
  switch (kind) {
    case MetricKind::latency:
      return kBuiltIn_latency;
    case MetricKind::call_rate:
      return kBuiltIn_call_rate;
    case MetricKind::error_rate:
      return kBuiltIn_error_rate;
  }
  return {};
}

base::Error folder_error(const std::filesystem::path& folder, const std::string& reason) {
  return {base::ErrorKind::invalid_argument,
          "the folder of templates " + base::printable(folder.string()) + " cannot be read: " + reason};
}

base::Result<std::string> read_text(const std::filesystem::path& path) {
  // Opening a folder succeeds; only reading from it fails.
  std::ifstream file(path, std::ios::binary);
  std::string text;
  if (file && !std::filesystem::is_directory(path)) {
    text.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    if (!file.bad()) return text;
  }
  return base::fail(base::ErrorKind::invalid_argument,
                    "the template " + base::printable(path.string()) + " cannot be read");
}

}  // namespace

std::string_view template_file_name(MetricKind kind) noexcept {
  switch (kind) {
    case MetricKind::latency:
      return "latency.promql";
    case MetricKind::call_rate:
      return "call_rate.promql";
    case MetricKind::error_rate:
      return "error_rate.promql";
  }
  return {};
}

base::Result<Template> Template::compile(MetricKind kind, std::string_view text, std::string_view file) {
  auto compiled = TemplateCompiler(kind).compile(text);
  if (compiled) return std::move(*compiled);
  const TemplateProblem& problem = compiled.error();
  return base::fail(base::ErrorKind::invalid_argument,
                    base::printable(file) + ':' + std::to_string(problem.line) + ": " + problem.reason);
}

void Template::append(std::string& out, const Piece& piece, const Fragments& fragments) {
  if (const auto* literal = std::get_if<std::string>(&piece)) {
    out += *literal;
  } else if (const auto* fragment = std::get_if<std::string Fragments::*>(&piece)) {
    out += fragments.**fragment;
  } else {
    const std::string& name = fragments.*std::get<NameAndBrace>(piece).name;
    out += is_plain_metric_name(name) ? name + '{' : '{' + metric_name_matcher(name) + ',';
  }
}

std::string Template::render(const Fragments& fragments) const {
  std::string out;
  for (const Piece& piece : pieces_) append(out, piece, fragments);
  return out;
}

const TemplateSet& TemplateSet::built_in() {
  static const TemplateSet set = [] {
    TemplateSet made;
    for (const MetricKind kind : kKinds) {
      auto compiled = Template::compile(kind, built_in_text(kind), template_file_name(kind));
      if (!compiled) std::abort();  // tests/unit/promql compiles them all
      made.templates_[static_cast<std::size_t>(kind)] = std::move(*compiled);
    }
    return made;
  }();
  return set;
}

base::Result<TemplateSet> TemplateSet::load(const std::filesystem::path& folder) {
  std::error_code problem;
  std::filesystem::directory_iterator entries(folder, problem);
  if (problem) return base::fail(folder_error(folder, problem.message()));

  TemplateSet set = built_in();
  for (; entries != std::filesystem::directory_iterator(); entries.increment(problem)) {
    const std::filesystem::path path = entries->path();
    if (path.extension() != ".promql") continue;
    const auto* const kind = std::find_if(kKinds.begin(), kKinds.end(),
                                          [&](MetricKind one) { return template_file_name(one) == path.filename(); });
    if (kind == kKinds.end()) {
      return base::fail(base::ErrorKind::invalid_argument,
                        base::printable(path.string()) +
                            " is no template; there are latency.promql, call_rate.promql and error_rate.promql");
    }
    auto text = read_text(path);
    if (!text) return base::fail(std::move(text.error()));
    auto compiled = Template::compile(*kind, *text, path.string());
    if (!compiled) return base::fail(std::move(compiled.error()));
    set.templates_[static_cast<std::size_t>(*kind)] = std::move(*compiled);
  }
  if (problem) return base::fail(folder_error(folder, problem.message()));
  return set;
}

}  // namespace spm::promql
