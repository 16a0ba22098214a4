#include "store_warnings.hpp"

#include <algorithm>

#include <spm/base/utf8.hpp>

namespace spm::service {
namespace {

/// Long enough for a sentence of the store's, short enough for every proxy's header limit.
constexpr std::size_t kMaxNoticeBytes = 1'000;

}  // namespace

Notice notice_of(NoticeKind kind, const std::string& text) { return {kind, base::printable(text, kMaxNoticeBytes)}; }

void add_store_warnings(std::vector<Notice>& notices, const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings) {
    Notice notice = notice_of(NoticeKind::store_warning, warning);
    const bool known = std::ranges::any_of(notices, [&](const Notice& other) { return other.text == notice.text; });
    if (!known) notices.push_back(std::move(notice));
  }
}

}  // namespace spm::service
