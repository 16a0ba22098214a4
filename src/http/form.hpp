#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <spm/base/result.hpp>

namespace spm::http {

struct Parameter {
  std::string name;
  std::string value;            ///< decoded, `+` read as a space
  std::string value_with_plus;  ///< decoded, `+` left as it is; the same as `value` where none was written
};

/// Decoded parameters in their order.
class Parameters {
 public:
  void add(Parameter parameter) { all_.push_back(std::move(parameter)); }
  /// The first parameter called `name`, or nullptr.
  const Parameter* first(std::string_view name) const noexcept;
  /// The value of the first one; empty where there is none.
  std::string_view value(std::string_view name) const noexcept;

  auto begin() const noexcept { return all_.begin(); }
  auto end() const noexcept { return all_.end(); }
  std::size_t size() const noexcept { return all_.size(); }

 private:
  std::vector<Parameter> all_;
};

inline constexpr std::size_t kMaxParameters = 2'000;

/// Reads a query string or an application/x-www-form-urlencoded body, leniently: every byte but `&`, `=`, `+` and `%`
/// stands for itself, `;` too. A percent sign without two hexadecimal digits, and more than `max_parameters`, are
/// invalid_argument.
base::Result<Parameters> decode_form(std::string_view text, std::size_t max_parameters = kMaxParameters);

/// Percent-decodes `text`, `+` left as it is.
base::Result<std::string> percent_decode(std::string_view text);

}  // namespace spm::http
