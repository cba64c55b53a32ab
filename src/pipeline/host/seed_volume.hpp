// SPDX-License-Identifier: MIT
#pragma once

// A volume from which cloud-init configures a guest, as its NoCloud source looks for one.

#include <filesystem>

#include <imagewright/plan/services.hpp>

namespace imagewright::pipeline {

/// Makes a volume of user-data, meta-data, vendor-data and network-config in `seed` and gives its
/// place below `work`; nothing for an empty path. Where meta-data is missing the guest is a new
/// instance of that name at each boot. Throws base::Error (boot.no-seed, fs.…).
std::filesystem::path seed_volume(const std::filesystem::path& seed,
                                  const std::filesystem::path& work,
                                  const plan::Services& services);

} // namespace imagewright::pipeline
