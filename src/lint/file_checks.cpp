// SPDX-License-Identifier: MIT
#include "lint/file_checks.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include <imagewright/model/architecture.hpp>

namespace imagewright::lint {

namespace {

std::string mode_texts(const std::vector<mode_t>& modes) {
  std::string text;
  for (const mode_t mode : modes)
    text += fmt::format("{}{:04o}", text.empty() ? "" : " or ", mode);
  return text;
}

} // namespace

Findings check_file(const FileSet& files, const ExpectedFile& expected) {
  const FileFacts* facts = files.find(expected.path);
  if (facts == nullptr) return {fmt::format("{} is not there", expected.path)};
  if (facts->type != fs::FileType::regular) return {fmt::format("{} is no file", expected.path)};
  Findings findings;
  if (std::ranges::find(expected.permissions, facts->permissions) == expected.permissions.end()) {
    findings.push_back(fmt::format("{} has mode {:04o}, not {}", expected.path, facts->permissions,
                                   mode_texts(expected.permissions)));
  }
  if (facts->owner != 0) {
    findings.push_back(
        fmt::format("{} belongs to user {}, not to root", expected.path, facts->owner));
  }
  if (facts->group != 0 && !expected.is_group_free) {
    findings.push_back(
        fmt::format("{} belongs to group {}, not to root's", expected.path, facts->group));
  }
  return findings;
}

bool is_under(std::string_view path, std::initializer_list<std::string_view> directories) {
  return std::ranges::any_of(directories, [&](std::string_view directory) {
    return path.size() > directory.size() + 1 && path.starts_with(directory) &&
           path[directory.size()] == '/';
  });
}

namespace {

// The System V ABI has the machine at these two bytes of a program's header.
constexpr std::size_t k_machine_place = 18;
constexpr std::size_t k_needed = 20;

/// The bytes of a magic that has some of them as hexadecimal escapes, as binfmt_misc reads it.
std::string unescaped(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    unsigned value = static_cast<unsigned char>(text.front());
    std::size_t size = 1;
    if (text.starts_with("\\x") && text.size() >= 4) {
      size = 4;
      std::from_chars(text.data() + 2, text.data() + size, value, 16);
    }
    bytes.push_back(static_cast<char>(value));
    text.remove_prefix(size);
  }
  return bytes;
}

} // namespace

std::string machine_of(const FileSet& files, std::string_view path) {
  const std::string head = files.head(path, k_needed);
  // 64 bits, little endian.
  if (head.size() < k_needed || !head.starts_with("\x7f"
                                                  "ELF\x02\x01"))
    return {};
  for (const model::Architecture& architecture : model::all_architectures()) {
    const std::string magic = unescaped(architecture.emulator.magic);
    if (magic.size() >= k_needed &&
        magic.compare(k_machine_place, 2, head, k_machine_place, 2) == 0)
      return architecture.name;
  }
  return {};
}

} // namespace imagewright::lint
