// SPDX-License-Identifier: MIT
#include "memory_kills.hpp"

#include <charconv>
#include <string_view>

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

std::string hint_about_kill(std::optional<std::uint64_t> count_before) {
  const auto count = count_memory_kills();
  if (count && count_before && *count > *count_before) {
    return "the kernel ran out of memory meanwhile and ended processes: give the build more, or "
           "raise the limit of its container";
  }
  if (count && count_before) return "memory was not the cause; somebody or a fault ended it";
  return "look at the host's kernel log for the cause";
}

} // namespace imagewright::sandbox
