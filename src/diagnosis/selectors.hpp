#pragma once

#include <string>
#include <vector>

#include <spm/model/matrix.hpp>
#include <spm/promql/ast.hpp>
#include <spm/schema/store_schema.hpp>

namespace spm::diagnosis {

/// The texts of questions about one family.
class FamilySelectors {
 public:
  FamilySelectors(const schema::Family& family, promql::Dialect dialect);

  /// A metric that counts calls, one series each: the calls counter, the histogram's count, or the native histogram.
  const std::string& counter() const noexcept { return counter_; }
  /// Whether its samples are histograms, so that functions of plain counters do not work on them.
  bool counts_are_native() const noexcept { return native_; }

  /// The counter's series of this family that also match `more`.
  std::string select(const std::vector<promql::Matcher>& more = {}) const;
  /// Those of every family under the same name, overflow series included.
  std::string select_all(const std::vector<promql::Matcher>& more = {}) const;
  /// Exactly the series that has these labels.
  std::string select_one(const model::LabelSet& labels) const;
  std::string label(const std::string& name) const { return promql::label_name(name, dialect_); }

 private:
  std::string write(const std::vector<promql::Matcher>& matchers) const;

  const promql::Dialect dialect_;
  std::vector<promql::Matcher> membership_;
  std::string counter_;
  bool native_ = false;
};

}  // namespace spm::diagnosis
