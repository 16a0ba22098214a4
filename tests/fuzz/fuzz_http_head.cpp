// The head of a request, and the path in it: whatever passes the gate can be read in one way only.
#include <algorithm>

#include "fuzz_main.hpp"
#include "head_parser.hpp"
#include "path.hpp"

void fuzz_one(std::string_view input) {
  using namespace spm::http;
  HeadEndFinder finder;
  const auto size = finder.find(input);
  if (!size) return;
  fuzz_require(*size <= input.size(), "the end lies behind the bytes");
  const auto head = parse_head(input.substr(0, *size));
  if (!head) {
    fuzz_require(head.error().kind == spm::base::ErrorKind::malformed_request ||
                     head.error().kind == spm::base::ErrorKind::header_too_large,
                 "an error that is not about the head");
    return;
  }
  const auto printable = [](char c) { return c > 0x20 && c < 0x7F; };
  fuzz_require(std::ranges::all_of(head->target, printable), "a target that is not printable");
  fuzz_require(head->target == "*" || head->target.starts_with('/'), "a target that is not a path");
  fuzz_require(head->headers.count("transfer-encoding") + head->headers.count("content-length") <= 1, "two framings");
  fuzz_require(head->minor_version == 0 || head->headers.count("host") == 1, "not one Host");
  fuzz_require(head->framing != BodyFraming::chunked || head->minor_version == 1, "chunks in HTTP/1.0");
  for (const Header& field : head->headers) {
    fuzz_require(field.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos, "a broken line");
  }
  const auto path = decode_path(head->path);
  if (path) fuzz_require(path->find("/../") == std::string::npos && path->find("//") == std::string::npos, "a way up");
}
