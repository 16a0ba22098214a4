#include "tag_params.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include <spm/base/utf8.hpp>

namespace spm::http {
namespace {

using base::fail;
using base::invalid_parameter;
using base::Result;
using model::Label;

constexpr std::string_view kWanted = R"(write an object of strings, {"key":"value"})";

/// Takes one flat JSON object of strings and stops at anything else. Keys that stand there twice are refused: one of
/// them would be lost.
class TagsReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit TagsReader(std::vector<Label>& tags) : tags_(tags) {}

  bool null() override { return refuse("null"); }
  bool boolean(bool /*value*/) override { return refuse("true or false"); }
  bool number_integer(number_integer_t /*value*/) override { return refuse("a number"); }
  bool number_unsigned(number_unsigned_t /*value*/) override { return refuse("a number"); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return refuse("a number"); }
  bool binary(binary_t& /*value*/) override { return refuse("binary"); }
  bool start_array(std::size_t /*elements*/) override { return refuse("a list"); }
  bool end_array() override { return true; }

  bool string(string_t& value) override {
    if (!inside_) return refuse("a string");
    tags_.back().value = std::move(value);
    return true;
  }
  bool start_object(std::size_t /*elements*/) override {
    if (inside_) return refuse("an object");
    inside_ = true;
    return true;
  }
  bool key(string_t& name) override {
    if (std::ranges::find(keys_, name) != keys_.end()) {
      reason_ = "the key '" + base::printable(name, 60) + "' stands there twice";
      return false;
    }
    keys_.push_back(name);
    tags_.push_back({std::move(name), std::string()});
    return true;
  }
  bool end_object() override { return true; }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    reason_ = "not JSON at byte " + std::to_string(position) + ", " + std::string(kWanted);
    return false;
  }

  const std::string& reason() const noexcept { return reason_; }

 private:
  bool refuse(const std::string& what) {
    reason_ = inside_ ? "the value of '" + base::printable(tags_.back().name, 60) + "' is " + what +
                            ", values are strings: write it in quotes"
                      : "it is " + what + ", " + std::string(kWanted);
    return false;
  }

  std::vector<Label>& tags_;
  std::vector<std::string> keys_;
  bool inside_ = false;
  std::string reason_;
};

}  // namespace

Result<std::vector<Label>> read_tags(const Parameters& parameters) {
  std::vector<Label> tags;
  for (const Parameter& parameter : parameters) {
    if (parameter.name == "tag") {
      const std::size_t colon = parameter.value.find(':');
      if (colon == std::string::npos) {
        return fail(
            invalid_parameter("tag", "'" + base::printable(parameter.value, 60) + "' has no colon, write key:value"));
      }
      tags.push_back({parameter.value.substr(0, colon), parameter.value.substr(colon + 1)});
    } else if (parameter.name == "tags" && !parameter.value.empty()) {
      TagsReader reader(tags);
      if (!nlohmann::json::sax_parse(parameter.value, &reader)) {
        return fail(invalid_parameter("tags", reader.reason()));
      }
    }
  }
  return tags;
}

}  // namespace spm::http
