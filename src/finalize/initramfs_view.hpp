// SPDX-License-Identifier: MIT
#pragma once

// What the maker of the initramfs sees of a root: packages, its own configuration and what the
// system is set up with, and nothing that tells one node from another.

#include <optional>
#include <string>
#include <vector>

#include <imagewright/fs/root_dir.hpp>
#include <imagewright/model/root.hpp>

namespace imagewright::finalize {

/// Names that have no say in the initramfs, whatever stands there: the host's name, units that the
/// running system starts, and what the config added at places that no part of dracut speaks of.
/// None when packages are unknown, or when anybody else than packages tells dracut what to do: that
/// may name any file. Real paths, sorted, none below another.
std::vector<std::string> names_without_say(const fs::RootDir& files,
                                           const std::optional<model::PackagedPlaces>& packaged);

} // namespace imagewright::finalize
