#include <spm/rates/rate_reader.hpp>
#include <spm/rates/rate_source.hpp>

namespace spm::rates {

std::string_view name_of(ReadWay way) noexcept { return way == ReadWay::chunks ? "chunks" : "promql"; }

std::string_view name_of(ReaderStatus::Chunks state) noexcept {
  switch (state) {
    case ReaderStatus::Chunks::undecided:
      return "undecided";
    case ReaderStatus::Chunks::agreed:
      return "agreed";
    case ReaderStatus::Chunks::disagreed:
      return "disagreed";
    case ReaderStatus::Chunks::absent:
      return "absent";
    case ReaderStatus::Chunks::disabled:
      break;
  }
  return "disabled";
}

}  // namespace spm::rates
