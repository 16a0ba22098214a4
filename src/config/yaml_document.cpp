#include "yaml_document.hpp"

#include <spm/base/utf8.hpp>

#include "values.hpp"

namespace spm::config {

base::Result<YAML::Node> parse_yaml(std::string_view text) {
  if (text.size() > kMaxConfigFileBytes) return refuse("longer than " + format_bytes(kMaxConfigFileBytes));
  if (!base::is_valid_utf8(text)) return refuse("not UTF-8 text: save it as UTF-8");
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
    if (documents.empty()) return YAML::Node();
    if (documents.size() > 1) return refuse("more than one YAML document: keep the first, remove what follows ---");
    return documents.front();
  } catch (const YAML::Exception& error) {
    // yaml-cpp's own text would quote pieces of the file, which may hold secrets.
    const std::string line = error.mark.is_null() ? "" : " (line " + std::to_string(error.mark.line + 1) + ")";
    return refuse("not YAML" + line + ", " + base::printable(error.msg, 120) + ": correct the file");
  } catch (const std::exception&) {
    return refuse("not YAML: correct the file");
  }
}

int line_of(const YAML::Node& node) {
  const YAML::Mark mark = node.Mark();
  return mark.is_null() ? 1 : mark.line + 1;
}

std::string_view kind_of(const YAML::Node& node) {
  if (!node.IsDefined() || node.IsNull()) return "nothing";
  if (node.IsMap()) return "a map";
  if (node.IsSequence()) return "a list";
  return "a value";
}

}  // namespace spm::config
