// SPDX-License-Identifier: MIT
#include "memory_kills.hpp"

#include <charconv>
#include <string_view>
#include <utility>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>

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

void throw_killed(std::string code, std::string message,
                  std::optional<std::uint64_t> count_before) {
  const auto count = count_memory_kills();
  const bool is_known = count && count_before;
  if (is_known && *count > *count_before) {
    throw base::Error(base::FailureKind::build, "sandbox.out-of-memory", std::move(message),
                      "the kernel ran out of memory meanwhile and ended processes: give the build "
                      "more, or raise the limit of its container");
  }
  throw base::Error(base::FailureKind::build, std::move(code), std::move(message),
                    is_known ? "memory was not the cause; somebody or a fault ended it"
                             : "look at the host's kernel log for the cause");
}

} // namespace imagewright::sandbox
