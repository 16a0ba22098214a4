#pragma once

#include <string>
#include <vector>

#include <spm/service/metrics_service.hpp>

namespace spm::service {

/// Adds the store's warnings to `notices`, each once.
void add_store_warnings(std::vector<Notice>& notices, const std::vector<std::string>& warnings);

/// A notice whose text is fit for a header: one line, bounded.
Notice notice_of(NoticeKind kind, const std::string& text);

}  // namespace spm::service
