// SPDX-License-Identifier: MIT
#include <algorithm>

#include <imagewright/base/error.hpp>
#include <imagewright/plan/output_format.hpp>
#include <imagewright/report/stage_scope.hpp>

#include "customizing.hpp"

namespace imagewright::pipeline {

namespace {

std::filesystem::path base_path(const CustomizeOptions& options, const plan::CustomizePlan& plan) {
  if (!options.base.empty()) return options.base;
  if (!plan.base.empty()) return plan.base;
  throw base::Error(base::FailureKind::input, "customize.no-base",
                    "neither the command line nor the config says which image is customized",
                    "give --image FILE, or \"input: {image: {path: FILE}}\" in the config");
}

/// The newest time of the system's own files: what is made new is as old as that. Logs and the like
/// say when the machine ran, not what the image is.
base::Epoch newest_time(const origin::BaseImage& base) {
  base::Epoch newest{};
  for (const origin::BaseFilesystem& filesystem : base.filesystems()) {
    const std::string prefix = filesystem.mount_point == "/" ? "" : filesystem.mount_point;
    for (const tree::Entry& entry : filesystem.table.entries) {
      const std::string path = prefix + entry.path;
      const bool is_of_system =
          path.starts_with("/usr/") || path.starts_with("/etc/") || path.starts_with("/boot/");
      if (is_of_system)
        newest = std::max(newest, filesystem.table.inodes[entry.inode].modified);
    }
  }
  return newest;
}

bool can_write_usr(const origin::BaseImage& base) {
  return std::ranges::none_of(base.filesystems(), [](const origin::BaseFilesystem& filesystem) {
    return filesystem.is_verified && (filesystem.mount_point == "/usr" ||
                                      filesystem.mount_point == "/usr/share");
  });
}

plan::BaseFacts facts_of(const Customizing& customizing, const CustomizeOptions& options) {
  const origin::BaseImage& base = *customizing.base;
  return {.architecture = base.architecture(),
          .digest = customizing.digest,
          .disk_uuid = base.image().disk_uuid(),
          .epoch = options.epoch.value_or(newest_time(base)),
          .has_selinux = customizing.system.selinux_mode != "disabled",
          .can_keep_history = can_write_usr(base)};
}

} // namespace

Customizing prepare_customizing(const CustomizeOptions& options, const plan::Services& services) {
  Customizing customizing;
  customizing.plan = plan::plan_customize(options.plan);
  for (const base::Diagnostic& warning : customizing.plan.warnings.items())
    services.reporter.warning(warning);
  const report::StageScope stage(services.reporter, "base");
  customizing.base = std::make_unique<origin::BaseImage>(base_path(options, customizing.plan),
                                                         options.base_format, services.cancellation);
  customizing.system = inspect::read_system(customizing.base->image());
  customizing.plan.plan.architecture = customizing.base->architecture();
  customizing.inputs = plan::inputs_of(customizing.plan.plan, options.plan);
  customizing.digest = customizing.base->digest(services.cancellation);
  customizing.root =
      plan::customize_root_plan(customizing.plan, facts_of(customizing, options),
                                customizing.inputs.files, options.tool_version);
  return customizing;
}

CustomizeOutline outline_customizing(const CustomizeOptions& options,
                                     const plan::Services& services) {
  const Customizing customizing = prepare_customizing(options, services);
  CustomizeOutline outline{.base = customizing.base->image().path(),
                           .operating_system = customizing.system.operating_system,
                           .architecture = customizing.base->architecture().name,
                           .digest = customizing.digest,
                           .epoch = customizing.root.epoch,
                           .image_uuid = customizing.root.record.uuid,
                           .partitions = {},
                           .actions = actions_of(customizing.root),
                           .outputs = {}};
  for (const inspect::OpenedPartition& partition : customizing.base->image().partitions()) {
    PartitionReport& added = outline.partitions.emplace_back(
        PartitionReport{.id = partition.name(),
                        .mount_point = partition.mount_point,
                        .size = partition.entry.size});
    if (partition.files) added.used = partition.files->facts().used;
  }
  for (const model::OutputImage& output : customizing.plan.plan.outputs)
    outline.outputs.push_back(plan::file_name_of(customizing.plan.plan, output));
  return outline;
}

} // namespace imagewright::pipeline
