#include "yaml_document.hpp"

#include <sstream>

#include <yaml-cpp/eventhandler.h>

#include <spm/base/utf8.hpp>

#include "values.hpp"

namespace spm::config {
namespace {

/// Hears a document and keeps nothing of it.
class Deaf final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

/// Whether a second document follows the first. Counted here and no further: on some broken texts (", a]") yaml-cpp's
/// LoadAll finds empty documents without end.
bool has_second_document(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  Deaf handler;
  return parser.HandleNextDocument(handler) && parser.HandleNextDocument(handler);
}

}  // namespace

base::Result<YAML::Node> parse_yaml(std::string_view text) {
  if (text.size() > kMaxConfigFileBytes) return refuse("longer than " + format_bytes(kMaxConfigFileBytes));
  if (!base::is_valid_utf8(text)) return refuse("not UTF-8 text: save it as UTF-8");
  try {
    const std::string copy(text);
    if (has_second_document(copy)) {
      return refuse("more than one YAML document, or a line that belongs to none: keep the first, remove the rest");
    }
    return YAML::Load(copy);
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
