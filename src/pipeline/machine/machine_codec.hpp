// SPDX-License-Identifier: MIT
#pragma once

// What is asked of a machine, and what it answers, as bytes.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/pipeline/build.hpp>
#include <imagewright/plan/resolve_plan.hpp>

#include "pipeline/host/emulator.hpp"
#include "pipeline/host/native_programs.hpp"
#include "pipeline/make_root.hpp"

namespace imagewright::pipeline {

/// Everything that decides about the root. The plan is made again inside, of the same files.
struct MachineQuestion {
  std::string working_directory; ///< of the command: configs may be named relative to it
  plan::PlanOptions plan;
  model::ArchitectureLock lock;
  base::Epoch epoch{};
  FetchedPackages fetched;
  std::vector<std::string> remote_files; ///< where they are, in the config's order
  std::string tool_version;
  std::string log_directory; ///< as it is named outside
  unsigned thread_count = 1;
  /// Of programs that this host does not run itself, and what it runs in the place of some.
  std::optional<sandbox::Emulator> emulator;
  std::optional<NativeTools> native_tools;
};

/// What composing a root gives.
struct ComposedRoot {
  SealedTree sealed;
  std::vector<model::ScriptletRun> scriptlets;
  EmulationFindings emulation; ///< of which the runs alone cross into or out of a machine
  root::KnownContent known;    ///< digests of files in it; does not cross into or out of a machine
};

std::string encode(const MachineQuestion& question);
MachineQuestion decode_question(std::string_view bytes);
std::string encode(const ComposedRoot& root);
ComposedRoot decode_composed_root(std::string_view bytes);

} // namespace imagewright::pipeline
