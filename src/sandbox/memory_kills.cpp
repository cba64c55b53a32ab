// SPDX-License-Identifier: MIT
#include <charconv>
#include <string_view>
#include <utility>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/sandbox/memory_kills.hpp>

namespace imagewright::sandbox {

std::optional<std::uint64_t> count_memory_kills() {
  constexpr std::string_view name = "oom_kill ";
  const auto statistics = fs::find_file("/proc/vmstat");
  for (const std::string& line : base::split(statistics.value_or(""), '\n')) {
    if (!line.starts_with(name)) continue;
    std::uint64_t count = 0;
    const char* begin = line.data() + name.size();
    if (std::from_chars(begin, line.data() + line.size(), count).ec == std::errc{}) return count;
  }
  return std::nullopt;
}

std::optional<base::Diagnostic> find_memory_kill(std::string message,
                                                 std::optional<std::uint64_t> count_before) {
  const auto count = count_memory_kills();
  if (!count || !count_before || *count <= *count_before) return std::nullopt;
  base::Diagnostic diagnostic;
  diagnostic.code = "sandbox.out-of-memory";
  diagnostic.message = std::move(message);
  diagnostic.hint = "the kernel ran out of memory meanwhile and ended processes: give the build "
                    "more, or raise the limit of its container";
  return diagnostic;
}

void throw_killed(std::string code, std::string message,
                  std::optional<std::uint64_t> count_before) {
  if (auto found = find_memory_kill(message, count_before))
    throw base::Error(base::FailureKind::build, std::move(*found));
  throw base::Error(base::FailureKind::build, std::move(code), std::move(message),
                    count_before ? "memory was not the cause; somebody or a fault ended it"
                                 : "look at the host's kernel log for the cause");
}

} // namespace imagewright::sandbox
