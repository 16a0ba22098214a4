#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <spm/config/options.hpp>

namespace spm::config {

/// Ties an option to its place in Settings: how its text is read in, and how the value is shown.
struct Binding {
  Shape shape;
  std::string value_name;
  std::function<base::Result<void>(Settings&, const std::vector<std::string>&)> apply;
  std::function<std::optional<std::string>(const Settings&)> show;
};

/// Reaches a member of Settings.
template <class T>
using Place = T& (*)(Settings&);

/// Places are written for a Settings that may change; looking is the same.
template <class T>
const T& at(Place<T> place, const Settings& settings) {
  return place(const_cast<Settings&>(settings));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

using Milliseconds = std::chrono::milliseconds;

Binding to_bool(Place<bool> place);
Binding to_bool(Place<std::optional<bool>> place);
Binding to_duration(Place<Milliseconds> place, Milliseconds min, Milliseconds max);
Binding to_integer(Place<std::size_t> place, std::uint64_t min, std::uint64_t max);
Binding to_bytes(Place<std::size_t> place, std::uint64_t min, std::uint64_t max);
Binding to_host_port(Place<HostPort> place);
Binding to_base_path(Place<std::string> place);
Binding to_store_url(Place<std::string> place);
/// For PROMETHEUS_HOST_PORT: becomes http://host:port.
Binding to_store_host_port(Place<std::string> place);
Binding to_text(Place<std::string> place, std::string value_name);
/// Words with commas between them.
Binding to_words(Place<std::vector<std::string>> place, std::string value_name);
Binding to_duration_unit(Place<std::optional<DurationUnit>> place);
Binding to_namespace(Place<std::optional<std::string>> place);
Binding to_origins(Place<std::vector<std::string>> place);
Binding to_store_headers(Place<std::vector<Header>> place);
Binding to_answer_headers(Place<std::vector<Header>> place);
Binding to_parameters(Place<std::vector<Parameter>> place);
/// A switch that may only be off: `refusal` says why, and what to do instead.
Binding to_only_off(std::string refusal);
/// Accepted, without effect.
Binding to_nothing();

template <class T>
struct Word {
  std::string_view text;
  T value;
};

/// The place of `text` among `words`; the error says what it is not and ends with `instead`.
base::Result<std::size_t> find_word_index(const std::vector<std::string_view>& words, std::string_view text,
                                          const std::string& instead);

/// One of several words; the first word of a value is how it is shown.
template <class T>
Binding to_word(Place<T> place, std::vector<Word<T>> words, std::string value_name, std::string instead) {
  Binding binding{Shape::scalar, std::move(value_name), {}, {}};
  binding.show = [place, words](const Settings& settings) -> std::optional<std::string> {
    const T value = at(place, settings);
    for (const Word<T>& word : words) {
      if (word.value == value) return std::string(word.text);
    }
    return std::nullopt;
  };
  binding.apply = [place, words = std::move(words), instead = std::move(instead)](
                      Settings& settings, const std::vector<std::string>& values) -> base::Result<void> {
    std::vector<std::string_view> texts;
    for (const Word<T>& word : words) texts.push_back(word.text);
    const auto index = find_word_index(texts, values.back(), instead);
    if (!index) return base::fail(index.error());
    place(settings) = words[*index].value;
    return {};
  };
  return binding;
}

}  // namespace spm::config
