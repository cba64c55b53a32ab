// SPDX-License-Identifier: MIT
#pragma once

// Names on FAT: the long one and its short alias (Microsoft FAT specification, sections 6.1 and 7).

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace imagewright::disk {

/// Eleven bytes: eight of the name and three of its extension, padded with blanks.
using ShortName = std::array<char, 11>;

/// Which parts of a short name are shown in small letters: what Windows NT, mtools and others write
/// into its entry where they would else need a long name for nothing but these.
constexpr std::uint8_t k_small_base = 0x08;
constexpr std::uint8_t k_small_extension = 0x10;

struct FatName {
  ShortName short_name{};
  /// UTF-16; empty when the short name says everything.
  std::u16string long_name = {};
  std::uint8_t small_parts = 0;
};

/// A short name as it is shown.
std::string shown_name(const ShortName& name, std::uint8_t small_parts);

/// Gives each name of one directory a short name that no other has.
class FatNames {
public:
  /// `small_parts`: how the name was stored, which it is again where that still shows it. Throws
  /// base::Error (disk.name-unsupported) for a name that FAT cannot hold or that differs from an
  /// earlier one only in case; `path` is for messages.
  FatName add(std::string_view name, const std::string& path, std::uint8_t small_parts = 0);

private:
  ShortName unique_alias(std::u16string_view name);

  std::set<std::u16string> folded_;
  std::set<ShortName> taken_;
};

/// How many entries of a directory a name takes.
std::size_t entry_count(const FatName& name);

/// UTF-16 of valid UTF-8; nothing when it is not valid.
std::optional<std::u16string> to_utf16(std::string_view text);
/// Unpaired surrogates become U+FFFD.
std::string to_utf8(std::u16string_view text);

} // namespace imagewright::disk
