// SPDX-License-Identifier: MIT
#pragma once

// What a step is: it declares what it reads, changes the root, and yields what it found.
//
// A step is a file of its name below steps/, with this at its end:
//
//   struct Input { const std::optional<model::LocatedText>& hostname; };
//   StepYield set_hostname(const Input& input, root::WorkRoot& root);
//   …
//   constinit const Step hostname{"hostname", AppliesTo::both,
//                                 k_run<set_hostname, &model::OsConfig::hostname>};

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/finalize/finalize.hpp>
#include <imagewright/model/root.hpp>
#include <imagewright/root/work_root.hpp>

#include "menu_sources.hpp"

namespace imagewright::finalize {

/// A file that the config puts into the image.
struct GivenFile {
  std::string path;
  base::SourceLocation where;
};

/// What the steps before have found.
struct Findings {
  std::vector<model::InstalledKernel> kernels; ///< the default first
  std::string command_line;
  std::vector<model::DiskPatch> disk_patches;
  std::vector<std::string> command_line_files;
  std::vector<GivenFile> given_files;
  std::vector<model::ScriptFile> script_files;
  /// What a base's node made its menus from when those of the image were last brought to it.
  std::optional<MenuSources> menu_sources;
};

/// What one step found. Absent or empty: nothing new.
struct StepYield {
  std::optional<std::vector<model::InstalledKernel>> kernels; ///< in place of those known before
  std::optional<std::string> command_line; ///< of kernels that have one of their own
  std::vector<model::DiskPatch> disk_patches;
  std::vector<std::string> command_line_files;
  std::vector<GivenFile> given_files;
  std::vector<model::ScriptFile> script_files; ///< in the place of those of the same name
  std::optional<MenuSources> menu_sources;     ///< in place of those known before
  std::vector<base::Diagnostic> warnings;

  /// Both together; what the other says about kernels comes later.
  void add(StepYield other);
};

/// Takes over what a step found, and tells its warnings.
void fold(StepYield yield, Findings& found, report::Reporter& reporter);

/// Everything that a step could declare. Steps themselves see only their Input.
struct StepInput {
  const FinalizePlan& plan;
  const model::InstalledRoot& installed;
  const Findings& found;
  const FinalizeServices& services;
};

/// Which roots a step is for.
enum class AppliesTo : std::uint8_t {
  composed,   ///< made of packages here
  customized, ///< of an image that exists already
  both
};

struct Step {
  std::string_view name;
  AppliesTo applies_to = AppliesTo::both;
  StepYield (*run)(const StepInput&, root::WorkRoot&) = nullptr;
};

/// In the order in which they run: that of the lists in CMakeLists.txt.
std::span<const Step* const> all_steps();
std::span<const Step* const> customizing_steps();
/// For an image that exists when its boot loader is set up anew.
std::span<const Step* const> boot_reset_steps();
/// For files that are put into an image that exists.
std::span<const Step* const> file_steps();

// Parts that an Input may be made of: a member of one of these, or one of the functions.

inline const FinalizeServices& services(const StepInput& all) {
  return all.services;
}

template <auto Part>
const auto& part_of(const StepInput& all) {
  using Kind = decltype(Part);
  if constexpr (std::is_invocable_v<Kind, const StepInput&>) {
    return std::invoke(Part, all);
  } else if constexpr (std::is_invocable_v<Kind, const model::OsConfig&>) {
    return std::invoke(Part, all.plan.os);
  } else if constexpr (std::is_invocable_v<Kind, const model::SystemPolicy&>) {
    return std::invoke(Part, all.plan.policy);
  } else if constexpr (std::is_invocable_v<Kind, const model::ScriptsConfig&>) {
    return std::invoke(Part, all.plan.scripts);
  } else if constexpr (std::is_invocable_v<Kind, const FinalizePlan&>) {
    return std::invoke(Part, all.plan);
  } else if constexpr (std::is_invocable_v<Kind, const model::InstalledRoot&>) {
    return std::invoke(Part, all.installed);
  } else {
    return std::invoke(Part, all.found);
  }
}

template <typename Input>
struct StepFunction {
  using Type = Input;
  explicit constexpr StepFunction(StepYield (*)(const Input&, root::WorkRoot&)) {}
};

/// Runs a step's function on an Input of exactly these parts, in the order of its members.
template <auto Function, auto... Parts>
StepYield run_on_parts(const StepInput& all, root::WorkRoot& root) {
  using Input = typename decltype(StepFunction(Function))::Type;
  return Function(Input{part_of<Parts>(all)...}, root);
}

template <auto Function, auto... Parts>
inline constexpr auto k_run = &run_on_parts<Function, Parts...>;

} // namespace imagewright::finalize
