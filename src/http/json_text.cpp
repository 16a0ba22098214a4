#include "json_text.hpp"

#include <algorithm>
#include <cstdint>

#include <spm/base/utf8.hpp>

namespace spm::http {
namespace {

void append_ascii(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  const auto byte = static_cast<std::uint8_t>(c);
  if (byte >= 0x20 && byte != 0x7F) {
    out += c;
    return;
  }
  out += "\\u00";
  out += kHex[byte >> 4U];
  out += kHex[byte & 0xFU];
}

/// Bytes of the code point at the start of `text`, which begins with a byte from 0x80 on; 0: it is not UTF-8.
std::size_t code_point_length(std::string_view text) {
  for (std::size_t length = 2; length <= 4 && length <= text.size(); ++length) {
    if (base::is_valid_utf8(text.substr(0, length))) return length;
  }
  return 0;
}

void new_line(std::string& out, std::size_t depth) {
  out += '\n';
  out.append(depth * 4, ' ');
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  out += '"';
  while (!text.empty()) {
    if (static_cast<std::uint8_t>(text.front()) < 0x80) {
      append_ascii(out, text.front());
      text.remove_prefix(1);
      continue;
    }
    const std::size_t length = code_point_length(text);
    out += length == 0 ? kReplacement : text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  out += '"';
}

std::string indent_json(std::string_view compact) {
  std::string out;
  out.reserve(compact.size() * 3);
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < compact.size(); ++i) {
    const char c = compact[i];
    if (in_string) {
      out += c;
      if (c == '\\' && i + 1 < compact.size()) out += compact[++i];
      if (c == '"') in_string = false;
      continue;
    }
    switch (c) {
      case '"':
        in_string = true;
        out += c;
        break;
      case '{':
      case '[':
        out += c;
        if (i + 1 < compact.size() && (compact[i + 1] == '}' || compact[i + 1] == ']')) {
          out += compact[++i];
        } else {
          new_line(out, ++depth);
        }
        break;
      case '}':
      case ']':
        if (depth > 0) --depth;
        new_line(out, depth);
        out += c;
        break;
      case ',':
        out += c;
        new_line(out, depth);
        break;
      case ':':
        out += ": ";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace spm::http
