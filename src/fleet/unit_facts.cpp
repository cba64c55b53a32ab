// SPDX-License-Identifier: MIT
#include "unit_facts.hpp"

#include <algorithm>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/lock/lock_file.hpp>
#include <imagewright/plan/build_inputs.hpp>
#include <imagewright/plan/output_format.hpp>

#include "foreign_file.hpp"

namespace imagewright::fleet {

namespace {

// What composing takes beside the packages; in a virtual machine, which has 1 GiB, with room for
// QEMU.
constexpr base::ByteSize k_memory = base::ByteSize::mib(2048);
constexpr std::uint64_t k_root_copies = 3; ///< work root, the cache's, and the filesystem

/// Wall time of the stages that are no part of others. Throws base::Error.
std::optional<std::uint64_t> duration_in(const std::filesystem::path& report) {
  const auto text = find_regular_file(report, base::ByteSize::mib(64));
  if (!text) return std::nullopt;
  const std::string file = report.string();
  const json::Value document = json::parse(*text, file);
  std::uint64_t milliseconds = 0;
  for (const json::Value& stage : json::array_member(document, "stages", file)) {
    if (json::unsigned_member(stage, "depth", file) == 0)
      milliseconds += json::unsigned_member(stage, "milliseconds", file);
  }
  return milliseconds / 1000 + (milliseconds % 1000 != 0 ? 1 : 0);
}

/// A guess of how long it takes is no reason not to build it.
std::optional<std::uint64_t> seconds_in(const std::filesystem::path& report) {
  try {
    return duration_in(report);
  } catch (const base::Error&) {
    return std::nullopt; // of another version, or cut off, ignoring
  }
}

} // namespace

UnitInputs inputs_of(const plan::BuildPlan& plan, const plan::PlanOptions& options,
                     const model::ArchitectureLock& lock, std::optional<base::Epoch> epoch,
                     const std::string& tool_version) {
  return {.tool_version = tool_version,
          .architecture = plan.architecture.name,
          .files = plan::inputs_of(plan, options).files,
          .lock = base::digest_of(lock::to_text({.architectures = {lock}})),
          .formats = options.formats,
          .epoch = epoch};
}

std::vector<std::string> outputs_of(const plan::BuildPlan& plan) {
  std::vector<std::string> names;
  for (const model::OutputImage& output : plan.outputs)
    names.push_back(plan::file_name_of(plan, output));
  std::ranges::sort(names);
  return names;
}

UnitNeeds needs_of(const plan::BuildPlan& plan, const model::ArchitectureLock& lock,
                   const std::vector<std::string>& native_architectures,
                   const std::filesystem::path& earlier_report) {
  std::uint64_t installed = 0;
  std::uint64_t downloaded = 0;
  for (const model::LockedPackage& package : lock.packages) {
    installed += package.installed_size.bytes();
    downloaded += package.download_size.bytes();
  }
  // The disk once, and once more in each format.
  const std::uint64_t disks =
      plan::layout_of(plan, plan.config.name).size.bytes() * (plan.outputs.size() + 1);
  return {.processors = 2,
          .memory = k_memory,
          .disk = base::ByteSize(disks + downloaded + installed * k_root_copies),
          .is_emulated = std::ranges::find(native_architectures, plan.architecture.name) ==
                         native_architectures.end(),
          .seconds = earlier_report.empty() ? std::nullopt : seconds_in(earlier_report)};
}

} // namespace imagewright::fleet
