// SPDX-License-Identifier: MIT
#pragma once

// The architectures that images can be composed for, by name: command line, language and docs list
// these. Their facts stand in src/model/architecture.cpp, in the same order.

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace imagewright::model {

/// The name of an architecture, which configs, locks, release profiles and file names use.
struct ArchitectureName {
  std::string_view name;  ///< ours and RPM's
  std::string_view title; ///< what it is, for a list of words
  /// What others call it, and the command line takes as well; empty: no further one.
  std::array<std::string_view, 2> other_names;
};

/// Sorted by name.
inline constexpr std::array k_architecture_names{
    ArchitectureName{"aarch64", "64-bit ARM", {"arm64"}},
    ArchitectureName{"x86_64", "64-bit x86", {"amd64", "x64"}},
};

std::vector<std::string> architecture_words();

} // namespace imagewright::model
