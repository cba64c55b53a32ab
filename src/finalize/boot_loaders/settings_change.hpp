// SPDX-License-Identifier: MIT
#pragma once

// What a config makes of the files from which a base's node makes its menus: the menus of the image
// are brought to the same.

#include <map>
#include <string>
#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/fs/root_dir.hpp>

#include "../menu_sources.hpp"

namespace imagewright::finalize::boot_loaders {

/// What those files say now.
MenuSources read_menu_sources(const fs::RootDir& files);

/// Gives GRUB's menus and boot loader entries what the files say otherwise than before: words of
/// the command line that came or went, and GRUB's timeout. Warns
/// (finalize.boot-settings-not-followed) of what stays as it was.
std::vector<base::Diagnostic> follow_menu_sources(const MenuSources& before,
                                                  const fs::RootDir& files);

/// A warning for each setting by which GRUB's own menus start otherwise, where it is not the same.
std::vector<base::Diagnostic> tell_other_settings(const std::map<std::string, std::string>& before,
                                                  const std::map<std::string, std::string>& now);

} // namespace imagewright::finalize::boot_loaders
