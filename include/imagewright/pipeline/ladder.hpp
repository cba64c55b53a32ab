// SPDX-License-Identifier: MIT
#pragma once

// Which rung of the ladder of privilege a build stands on. Chosen here, once, and nowhere else.

#include <optional>
#include <string>
#include <vector>

#include <imagewright/report/reporter.hpp>
#include <imagewright/sandbox/privilege.hpp>

namespace imagewright::pipeline {

enum class RungState : std::uint8_t {
  works,
  unfit,   ///< it is for other users, or something is not installed
  refused, ///< the place refuses it
};

/// A rung as it was found here.
struct RungFinding {
  sandbox::Rung rung = sandbox::Rung::root;
  RungState state = RungState::works;
  std::string detail; ///< why it cannot be used; of one that works how it does, or empty
  std::string remedy; ///< what helps in this place; empty: nothing, or nothing is needed

  bool operator==(const RungFinding&) const = default;
};

/// One rung, tried to the end in children of this process, which must not have other threads.
RungFinding examine_rung(sandbox::Rung rung);

/// All of them in their order.
std::vector<RungFinding> examine_ladder();

/// The wanted rung, else the first that works here; tells when that is a slow one. Throws
/// base::Error (sandbox.no-rung) with what is against each.
sandbox::Rung choose_rung(std::optional<sandbox::Rung> wanted, report::Reporter& reporter);

} // namespace imagewright::pipeline
