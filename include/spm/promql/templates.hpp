#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <spm/base/result.hpp>
#include <spm/model/metric_query.hpp>

namespace spm::promql {

/// What the answer is computed from.
enum class Source : std::uint8_t {
  classic,  ///< the calls counter; for latencies the classic buckets
  native    ///< the native histogram, which also counts the calls where there is no counter
};

/// What a template may be filled with: finished PromQL, written by <spm/promql/text.hpp> and nothing else.
struct Fragments {
  std::string calls;          ///< metric name, as the store has it
  std::string bucket;         ///< metric name, as the store has it
  std::string histogram;      ///< metric name of the native histogram, as the store has it
  std::string matchers;       ///< a="b",c=~"d": at least one
  std::string error_matcher;  ///< for error rates: at least one matcher
  std::string window;         ///< duration
  std::string by;             ///< label names with commas between them: at least one
  std::string le;             ///< names of the labels that hold a bucket's bounds; for latencies from classic buckets
  std::string quantile;       ///< number; for latencies
  std::string scale;          ///< number; for latencies
};

/// A template that passed every rule, cut into pieces. Immutable; safe to share between threads.
class Template {
 public:
  /// Checks `text` against the rules for `kind` and `source`: known placeholders only, the required ones all there,
  /// valid PromQL whatever they are filled with, and {{matchers}} in every selector. `file` is for messages: the error
  /// names file, line and reason.
  static base::Result<Template> compile(model::MetricKind kind, std::string_view text, std::string_view file,
                                        Source source = Source::classic);

  /// One pass over the pieces: what is filled in is never looked at again.
  std::string render(const Fragments& fragments) const;

 private:
  friend class TemplateCompiler;

  /// A metric name and the brace after it. A name that cannot stand bare goes inside the brace.
  struct NameAndBrace {
    std::string Fragments::*name;
  };
  using Piece = std::variant<std::string, std::string Fragments::*, NameAndBrace>;

  static void append(std::string& out, const Piece& piece, const Fragments& fragments);

  std::vector<Piece> pieces_;
};

/// One template for each kind of question and source. Copyable; safe to share between threads.
class TemplateSet {
 public:
  /// The ones compiled in, from promql-templates/ of the source tree.
  static const TemplateSet& built_in();
  /// The built-in ones, with each `<kind>.promql` and `native_<kind>.promql` in `folder` in place of its own. A
  /// *.promql file of another name, one that cannot be read and one that breaks a rule are errors that name the file.
  static base::Result<TemplateSet> load(const std::filesystem::path& folder);

  const Template& of(model::MetricKind kind, Source source = Source::classic) const noexcept {
    return templates_[static_cast<std::size_t>(source)][static_cast<std::size_t>(kind)];
  }

  /// Whether the template asks exactly what the built-in one does, so that its meaning is known.
  bool means_built_in(model::MetricKind kind, Source source = Source::classic) const;

 private:
  TemplateSet() = default;

  Template& place(model::MetricKind kind, Source source) noexcept {
    return templates_[static_cast<std::size_t>(source)][static_cast<std::size_t>(kind)];
  }

  std::array<std::array<Template, 3>, 2> templates_;  ///< in the orders of Source and MetricKind
};

/// "latency.promql", "native_latency.promql"
std::string_view template_file_name(model::MetricKind kind, Source source = Source::classic) noexcept;

}  // namespace spm::promql
