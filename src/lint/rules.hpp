// SPDX-License-Identifier: MIT
#pragma once

// The table of rules. A rule is a row; what it asks is a function that gives where it is broken.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lint/subject.hpp"

namespace imagewright::lint {

using Findings = std::vector<std::string>;

/// What a rule must have read to be asked.
enum class Needs : std::uint8_t { nothing, files };

struct Rule {
  std::string_view id;
  std::string_view sentence;
  std::string_view hint;
  Findings (*check)(const Subject& subject) = nullptr;
  Needs needs = Needs::files;
};

std::span<const Rule> archive_rules();       ///< of the .wsl file itself
std::span<const Rule> wsl_volume_rules();    ///< of a disk that is one ext4, for --import-in-place
std::span<const Rule> wslg_volume_rules();   ///< of one for WSLg
std::span<const Rule> configuration_rules(); ///< of files that tell Windows about a distribution
std::span<const Rule> root_rules();          ///< of any root that WSL runs
std::span<const Rule> system_rules();        ///< of the system distribution of WSLg
std::span<const Rule> azure_rules();         ///< of a disk for Azure

/// Those that a kind of file is held against, in order.
std::vector<const Rule*> rules_for(SubjectKind kind);

} // namespace imagewright::lint
