#pragma once

#include <cstdint>
#include <string_view>

namespace spm::rates {

/// CRC-32C (Castagnoli), as in iSCSI. Uses the processor's instruction where there is one.
std::uint32_t crc32c(std::string_view bytes) noexcept;

/// The same without the instruction: for processors that lack it, and for the test that both agree.
std::uint32_t crc32c_by_table(std::string_view bytes) noexcept;

}  // namespace spm::rates
