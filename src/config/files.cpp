#include <filesystem>
#include <fstream>
#include <system_error>

#include <spm/config/load.hpp>

#include "values.hpp"

namespace spm::config {
namespace {

base::Result<std::ifstream> open(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status))
    return refuse("there is no file " + in_quotes(path) + ": write the path of one");
  if (std::filesystem::is_directory(status)) {
    return refuse(in_quotes(path) + " is a directory: write the path of a file");
  }
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return refuse(in_quotes(path) + " cannot be read: give this process permission, or write another path");
  return stream;
}

}  // namespace

base::Result<std::string> SystemFiles::read(const std::string& path, std::size_t max_bytes) const {
  auto stream = open(path);
  if (!stream) return base::fail(stream.error());
  // One byte more than allowed tells "too long" apart; the size a file claims is not trusted (pipes, /dev).
  std::string content(max_bytes + 1, '\0');
  stream->read(content.data(), static_cast<std::streamsize>(content.size()));
  if (stream->bad())
    return refuse(in_quotes(path) + " cannot be read to its end: check the disk, or write another path");
  content.resize(static_cast<std::size_t>(stream->gcount()));
  if (content.size() > max_bytes) {
    return refuse(in_quotes(path) + " is longer than " + format_bytes(max_bytes) +
                  ": write the path of the right file");
  }
  return content;
}

base::Result<void> SystemFiles::check_readable(const std::string& path) const {
  auto stream = open(path);
  if (!stream) return base::fail(stream.error());
  return {};
}

base::Result<void> SystemFiles::check_directory(const std::string& path) const {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) {
    return refuse("there is no directory " + in_quotes(path) + ": write the path of one");
  }
  const std::filesystem::directory_iterator entries(path, error);
  if (error) return refuse("directory " + in_quotes(path) + " cannot be read: give this process permission");
  return {};
}

}  // namespace spm::config
