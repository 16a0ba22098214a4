#include <algorithm>

#include <spm/base/utf8.hpp>
#include <spm/config/explain.hpp>
#include <spm/config/options.hpp>

namespace spm::config {
namespace {

std::string code(std::string_view text) { return "`" + std::string(text) + "`"; }

/// '|' would end a table's cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string joined(const std::vector<std::string>& names, std::string_view prefix) {
  std::string out;
  for (const std::string& name : names) {
    out.append(out.empty() ? "" : "<br>").append(code(std::string(prefix) + name));
  }
  return out;
}

void append_row(std::string& out, const Option& option) {
  std::vector<std::string> flags = {option.name};
  flags.insert(flags.end(), option.aliases.begin(), option.aliases.end());
  const std::string initial = option.default_text();
  std::string jaeger = option.jaeger_v2;
  if (!jaeger.empty()) jaeger = code(jaeger);
  out += "| " + joined(flags, "--") + " | " + joined(option.environment, "") + " | " + jaeger + " | " +
         cell(code(option.value_name)) + " | " + (initial.empty() ? "" : code(initial)) + " | " + cell(option.help) +
         " |\n";
}

}  // namespace

std::string explain(const Loaded& loaded) {
  struct Line {
    std::string name;
    std::string value;
    std::string source;
  };
  std::vector<Line> lines = {{"SETTING", "VALUE", "SOURCE"}};
  for (const Option& option : options()) {
    const auto found = loaded.sources.find(option.name);
    const bool given = found != loaded.sources.end();
    if (option.support != Support::supported && !given) continue;
    const std::optional<std::string> value = option.show(loaded.settings);
    std::string text = value ? base::printable(*value, 1'000) : "(not set)";
    if (value && value->empty()) text = "\"\"";
    if (option.support != Support::supported) text = "(off)";
    lines.push_back({option.name, std::move(text), given ? found->second.text() : "default"});
  }
  // One long value must not push every source off the screen.
  constexpr std::size_t kWidest = 40;
  std::size_t name_width = 0;
  std::size_t value_width = 0;
  for (const Line& line : lines) {
    name_width = std::max(name_width, line.name.size());
    if (line.value.size() <= kWidest) value_width = std::max(value_width, line.value.size());
  }
  std::string out;
  for (const Line& line : lines) {
    out += line.name + std::string(name_width - line.name.size() + 2, ' ') + line.value;
    out += std::string(line.value.size() < value_width ? value_width - line.value.size() + 2 : 2, ' ');
    out += line.source + "\n";
  }
  return out;
}

std::string settings_markdown() {
  std::string out;
  std::string section;
  for (const Option& option : options()) {
    if (option.section != section) {
      section = option.section;
      out += (out.empty() ? "### " : "\n### ") + section +
             "\n\n| flag | environment | Jaeger v2 file | value | default | meaning |\n|---|---|---|---|---|---|\n";
    }
    append_row(out, option);
  }
  return out;
}

}  // namespace spm::config
