// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace imagewright::disk {

/// A name with capital letters: two names of which this is equal are one on a FAT filesystem. Which
/// letters beside ASCII count differs between those who read it, so all of Latin, Greek, Cyrillic
/// and Armenian do.
std::u16string upper_case(std::u16string_view name);

} // namespace imagewright::disk
