#include "keywords.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace spm::promql {
namespace {

constexpr std::array<std::pair<std::string_view, Keyword>, 28> kWords = {{
    {"sum", Keyword::aggregator},
    {"avg", Keyword::aggregator},
    {"count", Keyword::aggregator},
    {"min", Keyword::aggregator},
    {"max", Keyword::aggregator},
    {"group", Keyword::aggregator},
    {"stddev", Keyword::aggregator},
    {"stdvar", Keyword::aggregator},
    {"topk", Keyword::aggregator_parameter},
    {"bottomk", Keyword::aggregator_parameter},
    {"count_values", Keyword::aggregator_parameter},
    {"quantile", Keyword::aggregator_parameter},
    {"and", Keyword::logical_and},
    {"or", Keyword::logical_or},
    {"unless", Keyword::unless},
    {"atan2", Keyword::atan2},
    {"offset", Keyword::offset},
    {"by", Keyword::by},
    {"without", Keyword::without},
    {"on", Keyword::on},
    {"ignoring", Keyword::ignoring},
    {"group_left", Keyword::group_left},
    {"group_right", Keyword::group_right},
    {"bool", Keyword::boolean},
    {"start", Keyword::start},
    {"end", Keyword::end},
    {"inf", Keyword::number},
    {"nan", Keyword::number},
}};

}  // namespace

Keyword keyword(std::string_view word) noexcept {
  const auto same = [word](std::string_view candidate) {
    return std::equal(word.begin(), word.end(), candidate.begin(), candidate.end(),
                      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
  };
  const auto* found = std::find_if(kWords.begin(), kWords.end(), [&](const auto& entry) { return same(entry.first); });
  return found == kWords.end() ? Keyword::none : found->second;
}

bool can_be_metric_name(Keyword word) noexcept {
  switch (word) {
    case Keyword::none:
    case Keyword::aggregator:
    case Keyword::aggregator_parameter:
    case Keyword::logical_and:
    case Keyword::logical_or:
    case Keyword::unless:
    case Keyword::offset:
    case Keyword::by:
    case Keyword::without:
    case Keyword::start:
    case Keyword::end:
      return true;
    default:
      return false;
  }
}

}  // namespace spm::promql
