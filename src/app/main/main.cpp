#include <csignal>
#include <cstdio>
#include <exception>
#include <span>
#include <string>

#include <malloc.h>

#include <spm/base/build_info.hpp>
#include <spm/cli/command_line.hpp>

#include "application.hpp"
#include "doctor.hpp"

namespace {

using spm::cli::Command;

constexpr int kExitFailed = 1;  // could not serve, not everything was answered in time, or the doctor found problems

void print_line(std::FILE* stream, const std::string& text) {
  std::fputs(text.c_str(), stream);
  if (!text.empty() && !text.ends_with('\n')) std::fputc('\n', stream);
}

int exit_code_of(const spm::base::Error& error) {
  return error.kind == spm::base::ErrorKind::invalid_argument ? spm::cli::kExitUsage : kExitFailed;
}

int complain(const spm::base::Error& error) {
  print_line(stderr, std::string(spm::base::kProgramName) + ": " + error.message);
  return exit_code_of(error);
}

/// The part of check-config that looks into files: templates, certificates, credentials.
int check_files(const spm::config::Settings& settings) {
  const auto checked = spm::app::Application::check(settings);
  if (checked) return spm::cli::kExitGood;
  print_line(stderr, checked.error().message);
  return spm::cli::kExitConfigRefused;
}

int serve(const spm::cli::Outcome& outcome) {
  auto application = spm::app::Application::create(outcome.configuration.settings, outcome.configuration.warnings);
  if (!application) return complain(application.error());
  return (*application)->run() ? 0 : kExitFailed;
}

int examine(const spm::config::Settings& settings) {
  const auto word = spm::app::examine_store(settings);
  if (!word) return complain(word.error());
  print_line(stdout, word->text);
  return word->healthy ? 0 : kExitFailed;
}

/// So that the memory of a peak is given back, and that of one page serves the next. glibc's defaults keep too much:
/// each thread gets an arena of its own, and the first large block that is freed raises the size up to which freed
/// blocks stay in the heap, to as much as 32 MiB. Giving back more costs more: with 512 KiB and 2 MiB here, half of a
/// warm page's processor time went into faults of fresh pages.
void tune_allocator() {
  constexpr int kArenas = 2;
  constexpr int kMapFromBytes = 32 << 20;
  constexpr int kKeepBytes = 32 << 20;
  mallopt(M_ARENA_MAX, kArenas);
  mallopt(M_MMAP_THRESHOLD, kMapFromBytes);
  mallopt(M_TRIM_THRESHOLD, kKeepBytes);
}

int run(std::span<const char* const> arguments) {
  const spm::config::SystemFiles files;
  const spm::cli::Outcome outcome = spm::cli::parse_invocation(arguments, spm::cli::environment_of_process(), files);
  if (outcome.command == Command::check_config && outcome.exit_code == spm::cli::kExitGood) {
    if (const int code = check_files(outcome.configuration.settings); code != 0) return code;
  }
  print_line(stdout, outcome.out);
  print_line(stderr, outcome.err);
  if (outcome.exit_code) return *outcome.exit_code;
  return outcome.command == Command::doctor ? examine(outcome.configuration.settings) : serve(outcome);
}

}  // namespace

int main(int argc, char** argv) {
  tune_allocator();
  // A peer that is gone is an error of the write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const std::span<const char* const> arguments(argv, static_cast<std::size_t>(argc));
    return run(arguments.empty() ? arguments : arguments.subspan(1));
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s: stopped by an unexpected failure: %s\n", spm::base::kProgramName.data(), failure.what());
    return kExitFailed;
  }
}
