#include "catalog_json.hpp"

#include "json_text.hpp"

namespace spm::http {
namespace {

template <class Item, class Append>
std::string envelope(const std::vector<Item>& items, Append append) {
  std::string out = R"({"data":)";
  if (items.empty()) {
    out += "null";
  } else {
    char before = '[';
    for (const Item& item : items) {
      out += before;
      append(out, item);
      before = ',';
    }
    out += ']';
  }
  out += R"(,"total":)";
  out += std::to_string(items.size());
  out += R"(,"limit":0,"offset":0,"errors":null})";
  return out;
}

}  // namespace

std::string names_json(const std::vector<std::string>& names) {
  return envelope(names, [](std::string& out, const std::string& name) { append_json_string(out, name); });
}

std::string operations_json(const std::vector<service::Operation>& operations) {
  return envelope(operations, [](std::string& out, const service::Operation& operation) {
    out += R"({"name":)";
    append_json_string(out, operation.name);
    out += R"(,"spanKind":)";
    append_json_string(out, operation.span_kind);
    out += '}';
  });
}

}  // namespace spm::http
