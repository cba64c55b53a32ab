// SPDX-License-Identifier: MIT
#pragma once

// What this host can and cannot do.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/json/value.hpp>
#include <imagewright/pipeline/ladder.hpp>
#include <imagewright/plan/services.hpp>

namespace imagewright::pipeline {

/// What a finding is needed for.
enum class Need : std::uint8_t {
  build,   ///< without it no image can be composed
  foreign, ///< for images of another architecture
  boot,    ///< for `imagewright boot`
};

std::string_view to_string(Need need);

struct HostFinding {
  std::string subject; ///< "mount, process and network namespaces"
  Need need = Need::build;
  bool is_present = false;
  std::string detail; ///< where it is, or why it is missing
  std::string remedy; ///< what to do when it is missing

  bool operator==(const HostFinding&) const = default;
};

struct HostExamination {
  std::vector<RungFinding> rungs; ///< every one, in their order
  std::vector<HostFinding> findings;

  /// The rung on which a build stands; null when there is none.
  const RungFinding* chosen_rung() const;
  /// Is everything there that composing an image of the host's architecture needs?
  bool can_build() const;
};

HostExamination examine_host(const plan::Services& services);

std::string to_text(const HostExamination& examination);
json::Value to_json(const HostExamination& examination);

} // namespace imagewright::pipeline
