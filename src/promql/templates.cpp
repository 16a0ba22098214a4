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

struct Row {
  MetricKind kind;
  Source source;
  std::string_view file;
  const std::string_view* built_in;
};
// In the orders of Source and MetricKind.
constexpr std::array<Row, 6> kRows = {{
    {MetricKind::latency, Source::classic, "latency.promql", &kBuiltIn_latency},
    {MetricKind::call_rate, Source::classic, "call_rate.promql", &kBuiltIn_call_rate},
    {MetricKind::error_rate, Source::classic, "error_rate.promql", &kBuiltIn_error_rate},
    {MetricKind::latency, Source::native, "native_latency.promql", &kBuiltIn_native_latency},
    {MetricKind::call_rate, Source::native, "native_call_rate.promql", &kBuiltIn_native_call_rate},
    {MetricKind::error_rate, Source::native, "native_error_rate.promql", &kBuiltIn_native_error_rate},
}};

std::string known_files() {
  std::string names;
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (i > 0) names += i + 1 == kRows.size() ? " and " : ", ";
    names += kRows[i].file;
  }
  return names;
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

std::string_view template_file_name(MetricKind kind, Source source) noexcept {
  return kRows[static_cast<std::size_t>(source) * 3 + static_cast<std::size_t>(kind)].file;
}

base::Result<Template> Template::compile(MetricKind kind, std::string_view text, std::string_view file, Source source) {
  auto compiled = TemplateCompiler(kind, source).compile(text);
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
    for (const Row& row : kRows) {
      auto compiled = Template::compile(row.kind, *row.built_in, row.file, row.source);
      if (!compiled) std::abort();  // tests/unit/promql compiles them all
      made.place(row.kind, row.source) = std::move(*compiled);
    }
    return made;
  }();
  return set;
}

bool TemplateSet::means_built_in(MetricKind kind, Source source) const {
  Fragments marks;  // no template can hold them
  marks.calls = "\1";
  marks.bucket = "\2";
  marks.histogram = "\3";
  marks.matchers = "\4";
  marks.error_matcher = "\5";
  marks.window = "\6";
  marks.by = "\7";
  marks.le = "\x0e";
  marks.quantile = "\x0f";
  marks.scale = "\x10";
  return of(kind, source).render(marks) == built_in().of(kind, source).render(marks);
}

base::Result<TemplateSet> TemplateSet::load(const std::filesystem::path& folder) {
  std::error_code problem;
  std::filesystem::directory_iterator entries(folder, problem);
  if (problem) return base::fail(folder_error(folder, problem.message()));

  TemplateSet set = built_in();
  for (; entries != std::filesystem::directory_iterator(); entries.increment(problem)) {
    const std::filesystem::path path = entries->path();
    if (path.extension() != ".promql") continue;
    const auto* const row = std::ranges::find_if(kRows, [&](const Row& one) { return one.file == path.filename(); });
    if (row == kRows.end()) {
      return base::fail(base::ErrorKind::invalid_argument,
                        base::printable(path.string()) + " is no template; there are " + known_files());
    }
    auto text = read_text(path);
    if (!text) return base::fail(std::move(text.error()));
    auto compiled = Template::compile(row->kind, *text, path.string(), row->source);
    if (!compiled) return base::fail(std::move(compiled.error()));
    set.place(row->kind, row->source) = std::move(*compiled);
  }
  if (problem) return base::fail(folder_error(folder, problem.message()));
  return set;
}

}  // namespace spm::promql
