#include "bindings.hpp"

#include <array>

#include <spm/base/go_duration.hpp>

#include "values.hpp"

namespace spm::config {
namespace {

using Values = std::vector<std::string>;
using Shown = std::optional<std::string>;

/// A binding of one value, from its parser and its printer.
template <class T, class Parse, class Show>
Binding one(Shape shape, std::string value_name, Place<T> place, Parse parse, Show show) {
  Binding binding{shape, std::move(value_name), {}, {}};
  binding.apply = [place, parse](Settings& settings, const Values& values) -> base::Result<void> {
    auto parsed = parse(values.back());
    if (!parsed) return base::fail(std::move(parsed).error());
    place(settings) = std::move(*parsed);
    return {};
  };
  binding.show = [place, show](const Settings& settings) -> Shown { return show(at(place, settings)); };
  return binding;
}

/// A binding of many values, replaced as a whole. All are checked; the first that is wrong is reported.
template <class T, class Parse, class Show>
Binding many(Shape shape, std::string value_name, Place<std::vector<T>> place, Parse parse, Show show) {
  Binding binding{shape, std::move(value_name), {}, {}};
  binding.apply = [place, parse](Settings& settings, const Values& values) -> base::Result<void> {
    std::vector<T> all;
    for (const std::string& value : values) {
      auto parsed = parse(value);
      if (!parsed) return base::fail(std::move(parsed).error());
      all.push_back(std::move(*parsed));
    }
    place(settings) = std::move(all);
    return {};
  };
  binding.show = [place, show](const Settings& settings) -> Shown {
    const std::vector<T>& all = at(place, settings);
    if (all.empty()) return std::nullopt;
    std::string text;
    for (const T& value : all) text.append(text.empty() ? "" : ", ").append(show(value));
    return text;
  };
  return binding;
}

Shown bool_text(bool value) { return value ? "true" : "false"; }

Shown unless_empty(const std::string& text) { return text.empty() ? std::nullopt : Shown(text); }

}  // namespace

base::Result<std::size_t> find_word_index(const std::vector<std::string_view>& words, std::string_view text,
                                          const std::string& instead) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == text) return i;
  }
  return refuse(in_quotes(text) + " is " + instead);
}

Binding to_bool(Place<bool> place) { return one(Shape::flag, "BOOL", place, parse_bool, bool_text); }

Binding to_bool(Place<std::optional<bool>> place) {
  return one(Shape::flag, "BOOL", place, parse_bool,
             [](const std::optional<bool>& value) { return value ? bool_text(*value) : std::nullopt; });
}

Binding to_duration(Place<Milliseconds> place, Milliseconds min, Milliseconds max) {
  return one(
      Shape::scalar, "DURATION", place, [min, max](const std::string& text) { return parse_duration(text, min, max); },
      [](Milliseconds value) -> Shown { return base::format_go_duration(value); });
}

Binding to_integer(Place<std::size_t> place, std::uint64_t min, std::uint64_t max) {
  return one(
      Shape::scalar, "NUMBER", place, [min, max](const std::string& text) { return parse_integer(text, min, max); },
      [](std::size_t value) -> Shown { return std::to_string(value); });
}

Binding to_bytes(Place<std::size_t> place, std::uint64_t min, std::uint64_t max) {
  return one(
      Shape::scalar, "BYTES", place, [min, max](const std::string& text) { return parse_bytes(text, min, max); },
      [](std::size_t value) -> Shown { return format_bytes(value); });
}

Binding to_host_port(Place<HostPort> place) {
  return one(Shape::scalar, "HOST:PORT", place, parse_host_port,
             [](const HostPort& value) -> Shown { return value.text(); });
}

Binding to_base_path(Place<std::string> place) {
  return one(Shape::scalar, "PATH", place, parse_base_path, unless_empty);
}

Binding to_store_url(Place<std::string> place) {
  const auto parse = [](const std::string& text) -> base::Result<std::string> {
    if (auto checked = check_store_url(text); !checked) return base::fail(std::move(checked).error());
    return text;
  };
  return one(Shape::scalar, "URL", place, parse, [](const std::string& url) -> Shown { return redact_url(url); });
}

Binding to_store_host_port(Place<std::string> place) {
  const auto parse = [](const std::string& text) -> base::Result<std::string> {
    const auto parsed = parse_host_port(text);
    if (!parsed) return base::fail(parsed.error());
    HostPort address = *parsed;
    if (address.host.empty()) address.host = "localhost";
    std::string url = "http://" + address.text();
    if (auto checked = check_store_url(url); !checked) return base::fail(std::move(checked).error());
    return url;
  };
  // Shown as the server URL, which it becomes.
  return one(Shape::scalar, "HOST:PORT", place, parse, [](const std::string&) -> Shown { return std::nullopt; });
}

Binding to_text(Place<std::string> place, std::string value_name) {
  return one(Shape::scalar, std::move(value_name), place, parse_plain_text, unless_empty);
}

Binding to_words(Place<std::vector<std::string>> place, std::string value_name) {
  return many(Shape::comma_list, std::move(value_name), place, parse_plain_text,
              [](const std::string& word) { return word; });
}

Binding to_duration_unit(Place<std::optional<DurationUnit>> place) {
  static constexpr std::array<std::string_view, 4> kUnits = {"ms", "s", "us", "ns"};  // in the order of DurationUnit
  const auto parse = [](const std::string& text) -> base::Result<std::optional<DurationUnit>> {
    const auto index =
        find_word_index({kUnits.begin(), kUnits.end()}, text, "not a unit of durations: write ms, s, us or ns");
    if (!index) return base::fail(index.error());
    return std::optional(static_cast<DurationUnit>(*index));
  };
  return one(Shape::scalar, "ms|s|us|ns", place, parse, [](const std::optional<DurationUnit>& unit) -> Shown {
    return unit ? Shown(kUnits[static_cast<std::size_t>(*unit)]) : std::nullopt;
  });
}

Binding to_namespace(Place<std::optional<std::string>> place) {
  return one(Shape::scalar, "NAME", place, parse_metric_namespace, [](const Shown& value) { return value; });
}

Binding to_origins(Place<std::vector<std::string>> place) {
  return many(Shape::comma_list, "ORIGIN,...", place, parse_origin, [](const std::string& origin) { return origin; });
}

Binding to_store_headers(Place<std::vector<Header>> place) {
  return many(Shape::line_list, "NAME:VALUE", place, parse_store_header,
              [](const Header& header) { return header.name + ":REDACTED"; });
}

Binding to_answer_headers(Place<std::vector<Header>> place) {
  return many(Shape::line_comma_list, "NAME:VALUE", place, parse_answer_header,
              [](const Header& header) { return header.name + ": " + header.value; });
}

Binding to_parameters(Place<std::vector<Parameter>> place) {
  return many(Shape::comma_list, "NAME=VALUE,...", place, parse_extra_parameter,
              [](const Parameter& parameter) { return parameter.name + "=REDACTED"; });
}

Binding to_only_off(std::string refusal) {
  Binding binding{Shape::flag, "BOOL", {}, {}};
  binding.apply = [refusal = std::move(refusal)](Settings&, const Values& values) -> base::Result<void> {
    const auto on = parse_bool(values.back());
    if (!on) return base::fail(on.error());
    if (*on) return refuse(refusal);
    return {};
  };
  binding.show = [](const Settings&) -> Shown { return std::nullopt; };
  return binding;
}

Binding to_nothing() {
  Binding binding{Shape::scalar, "TEXT", {}, {}};
  binding.apply = [](Settings&, const Values&) -> base::Result<void> { return {}; };
  binding.show = [](const Settings&) -> Shown { return std::nullopt; };
  return binding;
}

}  // namespace spm::config
