// SPDX-License-Identifier: MIT
#pragma once

// "Did you mean …": names that are near to what was typed.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace imagewright::base {

/// The number of insertions, deletions, substitutions and swaps of neighbours that turn one text
/// into the other.
std::size_t edit_distance(std::string_view left, std::string_view right);

/// Up to `limit` candidates that are near enough to `typed` to be worth showing, nearest first,
/// ties by name.
std::vector<std::string> near_names(std::string_view typed, std::span<const std::string> candidates,
                                    std::size_t limit = 3);

/// `did you mean "a"?`, `did you mean "a" or "b"?`, or empty when nothing is near.
std::string did_you_mean(std::string_view typed, std::span<const std::string> candidates);

} // namespace imagewright::base
