#include "content_coding.hpp"

#include <memory>

#include <libdeflate.h>

#include "text.hpp"

namespace spm::http {
namespace {

/// Below this a compressed answer saves nothing: it fits into one packet either way.
constexpr std::size_t kWorthIt = 1'024;
/// The fastest: it runs on the I/O thread, and this JSON shrinks tenfold at any level.
constexpr int kLevel = 1;

/// Whether `parameters` ("q=0.5;x=y") say q=0. A q that cannot be read counts as 1.
bool is_refused(std::string_view parameters) noexcept {
  while (!parameters.empty()) {
    const std::size_t end = parameters.find(';');
    const std::string_view parameter = trimmed(parameters.substr(0, end));
    parameters = end == std::string_view::npos ? std::string_view() : parameters.substr(end + 1);
    if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
    const std::string_view q = parameter.substr(2);
    return q.starts_with('0') && q.find_first_not_of("0.") == std::string_view::npos;
  }
  return false;
}

struct FreeCompressor {
  void operator()(libdeflate_compressor* compressor) const noexcept { libdeflate_free_compressor(compressor); }
};

}  // namespace

bool accepts_gzip(const Headers& request_headers) noexcept {
  std::optional<bool> named;
  std::optional<bool> any;
  for (const Header& field : request_headers) {
    if (!equal_ignoring_case(field.name, "accept-encoding")) continue;
    ListReader list(field.value);
    while (const auto member = list.next()) {
      const std::size_t semicolon = member->find(';');
      const std::string_view coding = trimmed(member->substr(0, semicolon));
      const bool allowed = semicolon == std::string_view::npos || !is_refused(member->substr(semicolon + 1));
      if (equal_ignoring_case(coding, "gzip") || equal_ignoring_case(coding, "x-gzip")) {
        named = allowed;
      } else if (coding == "*") {
        any = allowed;
      }
    }
  }
  return named.value_or(any.value_or(false));
}

std::optional<std::string> gzip(std::string_view text) {
  // One a thread: it is half a megabyte of tables, and building it costs more than compressing a small answer.
  thread_local const std::unique_ptr<libdeflate_compressor, FreeCompressor> compressor(
      libdeflate_alloc_compressor(kLevel));
  if (!compressor) return std::nullopt;
  std::string packed(libdeflate_gzip_compress_bound(compressor.get(), text.size()), '\0');
  const std::size_t size =
      libdeflate_gzip_compress(compressor.get(), text.data(), text.size(), packed.data(), packed.size());
  if (size == 0) return std::nullopt;
  packed.resize(size);
  return packed;
}

void compress_if_wanted(const Headers& request_headers, Response& response) {
  if (response.body_text().size() <= kWorthIt || response.headers.find("content-encoding") != nullptr) return;
  response.headers.add("Vary", "Accept-Encoding");
  if (!accepts_gzip(request_headers)) return;
  auto packed = gzip(response.body_text());
  if (!packed || packed->size() >= response.body_text().size()) return;
  packed->shrink_to_fit();  // the bound was the size of the whole text
  response.set_body(std::move(*packed));
  response.headers.add("Content-Encoding", "gzip");
}

}  // namespace spm::http
