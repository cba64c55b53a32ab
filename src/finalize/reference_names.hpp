// SPDX-License-Identifier: MIT
#pragma once

// How what a config names is spelt in a root: units, locales, keymaps, modules.

#include <array>
#include <string>
#include <string_view>

namespace imagewright::finalize {

constexpr std::string_view k_locale_directory = "/usr/lib/locale";
/// Where the kbd package of different distributions has them.
constexpr std::array<std::string_view, 3> k_keymap_directories{
    "/usr/lib/kbd/keymaps", "/usr/share/kbd/keymaps", "/usr/share/keymaps"};
constexpr std::array<std::string_view, 5> k_keymap_endings{".map", ".map.gz", ".map.bz2", ".map.xz",
                                                           ".map.zst"};

/// Names without a suffix are services, as for systemctl.
std::string full_unit_name(const std::string& name);

/// As localedef(1) spells it: "de_DE.UTF-8" is kept as "de_DE.utf8".
std::string stored_locale(const std::string& locale);

/// Does the C library bring it itself?
bool is_built_in_locale(std::string_view stored);

/// The name of the module in a file such as kernel/net/br_netfilter.ko.xz.
std::string module_of(std::string_view file);

} // namespace imagewright::finalize
