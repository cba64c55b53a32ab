// SPDX-License-Identifier: MIT
#pragma once

// An installed root becomes a bootable one, by small steps in a fixed order.

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/finalize/plan.hpp>
#include <imagewright/model/root.hpp>
#include <imagewright/process/command_runner.hpp>
#include <imagewright/report/reporter.hpp>

namespace imagewright::finalize {

/// What the steps work with besides the plan. All are borrowed.
struct FinalizeServices {
  /// Runs programs inside the root.
  process::CommandRunner& programs;
  report::Reporter& reporter;
  const base::Cancellation& cancellation;
  /// Likewise, for the scripts of a config: what it gives sees `directory` of the host at
  /// k_script_directory, read-only. Asked only when the plan has scripts. Absent: `programs` shows
  /// the directory that all scripts share.
  std::function<std::unique_ptr<process::CommandRunner>(const std::filesystem::path& directory)>
      script_programs;
  /// A sandbox::MetadataRecord of the root: owners that the host refuses to store.
  std::filesystem::path metadata_record;
};

/// Where scripts find the directory of their config, which is also where they start.
inline constexpr std::string_view k_script_directory = "/_imageconfigs";

/// Runs every step. Throws base::Error with the step's name as context; the root is then of no use.
model::SealedRoot finalize(const model::InstalledRoot& installed, const FinalizePlan& plan,
                           const FinalizeServices& services);

/// The names of the steps in their order, for `plan`.
std::span<const std::string_view> step_names();

} // namespace imagewright::finalize
