// SPDX-License-Identifier: MIT
#pragma once

// What the words of GRUB's commands mean. Nothing where they say more than is known here.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imagewright::measure {

/// A word as it becomes part of the kernel's command line (grub_create_loader_cmdline).
std::string loader_text(std::string_view word);

struct GrubSearch {
  enum class By : std::uint8_t { uuid, label };
  By by = By::uuid;
  std::string value;
};

/// Of "search --fs-uuid --set=root VALUE", with the command itself.
std::optional<GrubSearch> search_in(const std::vector<std::string>& words);

struct GrubMenuEntry {
  std::vector<std::string> parameters; ///< of "setparams": the title first
  std::string id;
};

/// Of "menuentry TITLE --id ID", with the command itself and without the block.
std::optional<GrubMenuEntry> menu_entry_in(const std::vector<std::string>& words);

} // namespace imagewright::measure
