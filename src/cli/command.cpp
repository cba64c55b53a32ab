// SPDX-License-Identifier: MIT
#include "command.hpp"

#include <system_error>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/input.hpp>

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

namespace {

[[noreturn]] void throw_unreadable(std::string message, std::string hint) {
  throw base::Error(base::FailureKind::input, "cli.missing-input", std::move(message),
                    std::move(hint));
}

std::string hint_for_absent(const std::string& path) {
  if (path == "-") return "standard input is read by validate alone; write it to a file first";
  std::error_code ignored;
  if (std::filesystem::is_symlink(std::filesystem::symlink_status(path, ignored)))
    return fmt::format("it is a link to {}, which is not there",
                       base::quoted(std::filesystem::read_symlink(path, ignored).string()));
  const std::filesystem::path directory = std::filesystem::absolute(path).parent_path();
  return fmt::format("it was looked for in {}{}", directory.string(),
                     std::filesystem::is_regular_file(directory, ignored) ? ", which is a file"
                                                                          : "");
}

std::string hint_for(const std::error_code& error) {
  if (error == std::errc::too_many_symbolic_link_levels)
    return "it is a link that leads back to itself; give the file itself";
  if (error == std::errc::filename_too_long) return "no file has such a long name; give its path";
  return "let this user read it, and go through the directories above it";
}

} // namespace

std::filesystem::path input_file(const std::string& path, const std::string& what) {
  if (path.empty())
    throw_unreadable(fmt::format("the path of the {} is empty", what), "give the file itself");
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  // Opening a pipe that nobody writes to would wait for ever. What a shell hands over is open.
  const bool is_handed_over = path.starts_with("/dev/") || path.starts_with("/proc/");
  if (std::filesystem::is_socket(status) || (std::filesystem::is_fifo(status) && !is_handed_over)) {
    throw_unreadable(
        fmt::format("{} is a pipe or a socket, not a file with the {}", base::quoted(path), what),
        "write it to a file first");
  }
  if (std::filesystem::is_directory(status)) {
    throw_unreadable(
        fmt::format("{} is a directory, not a file with the {}", base::quoted(path), what),
        "give the file itself");
  }
  const bool is_absent = error == std::errc::no_such_file_or_directory ||
                         error == std::errc::not_a_directory || !error;
  if (!std::filesystem::exists(status) && !is_absent) {
    throw_unreadable(
        fmt::format("the {} {} cannot be looked at: {}", what, base::quoted(path), error.message()),
        hint_for(error));
  }
  if (!std::filesystem::exists(status))
    throw_unreadable(fmt::format("there is no {} {}", what, base::quoted(path)),
                     hint_for_absent(path));
  return path;
}

std::filesystem::path input_directory(const std::string& path, const std::string& what,
                                      const std::string& hint) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::is_directory(status)) return path;
  if (std::filesystem::exists(status))
    throw_unreadable(fmt::format("{} is a file, not the {}", base::quoted(path), what), hint);
  throw_unreadable(fmt::format("there is no {} {}", what, base::quoted(path)), hint);
}

std::string read_input(const std::string& path, const std::string& what, base::ByteSize limit) {
  return fs::read_input(input_file(path, what), what, limit);
}

} // namespace imagewright::cli
