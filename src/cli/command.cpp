// SPDX-License-Identifier: MIT
#include "command.hpp"

#include <system_error>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::cli {

std::filesystem::path CommandContext::cache_directory() const {
  if (options.cache_directory) return *options.cache_directory;
  throw base::Error(base::FailureKind::input, "cli.no-cache-directory",
                    "there is no place for the cache: neither XDG_CACHE_HOME nor HOME is set",
                    "give one with --cache-dir");
}

plan::Services CommandContext::services(CacheUse use) const {
  return {.reporter = console.reporter(),
          .cancellation = cancellation,
          .clock = clock,
          .cache_directory = use == CacheUse::needed ? cache_directory() : std::filesystem::path(),
          .thread_count = options.jobs};
}

Argument json_argument(bool& is_json, std::string description) {
  return {.names = {"--json"}, .description = std::move(description), .target = &is_json};
}

std::filesystem::path input_file(const std::string& path, const std::string& what) {
  if (path.empty()) {
    throw base::Error(base::FailureKind::input, "cli.missing-input",
                      fmt::format("the path of the {} is empty", what), "give the file itself");
  }
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  // Opening a pipe that nobody writes to would wait for ever. What a shell hands over is open.
  const bool is_handed_over = path.starts_with("/dev/") || path.starts_with("/proc/");
  if (std::filesystem::is_socket(status) || (std::filesystem::is_fifo(status) && !is_handed_over)) {
    throw base::Error(
        base::FailureKind::input, "cli.missing-input",
        fmt::format("{} is a pipe or a socket, not a file with the {}", base::quoted(path), what),
        "write it to a file first");
  }
  if (std::filesystem::is_directory(status)) {
    throw base::Error(
        base::FailureKind::input, "cli.missing-input",
        fmt::format("{} is a directory, not a file with the {}", base::quoted(path), what),
        "give the file itself");
  }
  const bool is_absent = error == std::errc::no_such_file_or_directory ||
                         error == std::errc::not_a_directory || !error;
  if (!std::filesystem::exists(status) && !is_absent) {
    throw base::Error(
        base::FailureKind::input, "cli.missing-input",
        fmt::format("the {} {} cannot be looked at: {}", what, base::quoted(path), error.message()),
        "let this user read it, and go through the directories above it");
  }
  if (!std::filesystem::exists(status)) {
    throw base::Error(base::FailureKind::input, "cli.missing-input",
                      fmt::format("there is no {} {}", what, base::quoted(path)),
                      fmt::format("it was looked for in {}",
                                  std::filesystem::absolute(path).parent_path().string()));
  }
  return path;
}

} // namespace imagewright::cli
