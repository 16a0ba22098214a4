#include "answer_plan.hpp"

#include <spm/base/utf8.hpp>

namespace spm::service {
namespace {

constexpr std::size_t kMostShown = 4'000;

/// Quotation marks around ASCII; whatever is no ASCII or would end the text is escaped as in JSON's strings.
std::string quoted(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text.substr(0, kMostShown)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte >= 0x20 && byte < 0x7f) {
      out += c;
    } else {
      out += "\\x";
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 15U];
    }
  }
  if (text.size() > kMostShown) out += "...";
  return out + '"';
}

}  // namespace

void AnswerPlan::add(const rates::ReadReport& report) {
  has_report_ = true;
  sum_.way = report.way;
  sum_.pieces += report.pieces;
  sum_.series += report.series;
  sum_.samples += report.samples;
  sum_.bytes += report.bytes;
}

std::string AnswerPlan::text() const {
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begun_);
  std::string out = "source=" + std::string(has_report_ ? rates::name_of(sum_.way) : "whole");
  if (has_report_) {
    out += "; pieces=" + std::to_string(sum_.pieces) + "; series=" + std::to_string(sum_.series) +
           "; samples=" + std::to_string(sum_.samples);
    if (sum_.bytes > 0) out += "; bytes=" + std::to_string(sum_.bytes);
  }
  out += "; ms=" + std::to_string(took.count() / 1000) + '.' + std::to_string(took.count() / 100 % 10);
  return out + "; promql=" + quoted(promql_);
}

}  // namespace spm::service
