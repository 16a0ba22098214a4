#include <spm/config/options.hpp>

#include "nearest.hpp"
#include "option_table.hpp"

namespace spm::config {
namespace {

void cut(std::string_view text, char separator, std::vector<std::string>& out) {
  while (true) {
    const std::size_t end = text.find(separator);
    std::string_view piece = text.substr(0, end);
    while (!piece.empty() && (piece.front() == ' ' || piece.front() == '\r')) piece.remove_prefix(1);
    while (!piece.empty() && (piece.back() == ' ' || piece.back() == '\r')) piece.remove_suffix(1);
    if (!piece.empty()) out.emplace_back(piece);
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

/// Whether `text` begins as another header does: "Name:", a space before it allowed.
bool starts_header(std::string_view text) {
  text = text.substr(0, 100);  // no longer name is meant, and the search must stay linear
  if (text.starts_with(' ')) text.remove_prefix(1);
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  return text.substr(0, colon).find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
         std::string_view::npos;
}

void cut_headers(std::string_view line, std::vector<std::string>& out) {
  std::size_t begin = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == ',' && starts_header(line.substr(i + 1))) {
      cut(line.substr(begin, i - begin), '\n', out);
      begin = i + 1;
    }
  }
  cut(line.substr(begin), '\n', out);
}

}  // namespace

std::span<const Option> options() {
  static const std::vector<Option> table = make_option_table();
  return table;
}

const Option* find_option(std::string_view name) {
  for (const Option& option : options()) {
    if (option.name == name) return &option;
    for (const std::string& alias : option.aliases) {
      if (alias == name) return &option;
    }
  }
  return nullptr;
}

std::string environment_name(std::string_view flag_name) {
  std::string name(flag_name);
  for (char& c : name) {
    if (c == '.' || c == '-') {
      c = '_';
    } else if (c >= 'a' && c <= 'z') {
      c = static_cast<char>(c - 'a' + 'A');
    }
  }
  return name;
}

std::vector<std::string> split_values(const Option& option, std::string_view text) {
  std::vector<std::string> values;
  switch (option.shape) {
    case Shape::flag:
    case Shape::scalar:
      values.emplace_back(text);
      break;
    case Shape::comma_list:
      cut(text, ',', values);
      break;
    case Shape::line_list:
      cut(text, '\n', values);
      break;
    case Shape::line_comma_list: {
      std::vector<std::string> lines;
      cut(text, '\n', lines);
      for (const std::string& line : lines) cut_headers(line, values);
      break;
    }
  }
  return values;
}

std::string instead_of_unknown(std::string_view name, std::string_view dashes) {
  std::vector<std::string> names;
  for (const Option& option : options()) {
    names.push_back(option.name);
    names.insert(names.end(), option.aliases.begin(), option.aliases.end());
  }
  const std::string near = nearest(name, names);
  if (near.empty()) return "remove it; --help lists all there are";
  return "write " + std::string(dashes) + near + ", or remove it";
}

std::string Option::default_text() const { return show(Settings{}).value_or(""); }

}  // namespace spm::config
