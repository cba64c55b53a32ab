// SPDX-License-Identifier: MIT
#include <algorithm>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/inspect/confined.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/plan/grown_partitions.hpp>
#include <imagewright/report/stage_scope.hpp>

#include "customizing.hpp"

namespace imagewright::pipeline {

namespace {

[[noreturn]] void throw_no_partition(const model::InjectedFile& file, const std::string& why,
                                     const std::string& hint) {
  throw base::Error(
      base::FailureKind::input,
      {.code = "customize.no-partition",
       .message = fmt::format("the partition {} {}", base::quoted(file.partition.text), why),
       .where = file.partition.where,
       .hint = hint});
}

const origin::BaseFilesystem& filesystem_of(const model::InjectedFile& file,
                                            const origin::BaseImage& base) {
  std::vector<const origin::BasePartition*> found;
  for (const origin::BasePartition& partition : base.partitions()) {
    if (partition.has_name(file.partition_kind, file.partition.text)) found.push_back(&partition);
  }
  if (found.empty())
    throw_no_partition(file, "is not in the image",
                       "give the image that the files came from, or one with the same partitions");
  if (found.size() > 1)
    throw_no_partition(file, "is not the only one of that name in the image",
                       "name it by its part-uuid");
  for (const origin::BaseFilesystem& filesystem : base.filesystems()) {
    if (filesystem.partition == found.front()) return filesystem;
  }
  throw_no_partition(file, "is mounted nowhere in the image, so that its files are not looked at",
                     "add it to the image's /etc/fstab");
}

model::AdditionalFile placed(const model::InjectedFile& file, const origin::BaseImage& base) {
  const origin::BaseFilesystem& filesystem = filesystem_of(file, base);
  const std::string top = filesystem.mount_point == "/" ? "" : filesystem.mount_point;
  return {.destination = top + file.destination,
          .content = file.source,
          .permissions = std::nullopt,
          .where = file.where};
}

void refuse_base_as_output(const InjectOptions& options) {
  std::error_code ignored;
  if (!std::filesystem::equivalent(options.base, options.output, ignored)) return;
  throw base::Error(base::FailureKind::input, "cli.usage",
                    fmt::format("{} is the image itself, which is never changed",
                                base::quoted(options.output.string())),
                    "give the output another name");
}

} // namespace

Customizing prepare_injection(const InjectOptions& options, const plan::Services& services) {
  refuse_base_as_output(options);
  const report::StageScope stage(services.reporter, "base");
  Customizing customizing;
  customizing.base =
      std::make_unique<origin::BaseImage>(options.base, options.base_format, services.cancellation);
  const origin::BaseImage& base = *customizing.base;
  customizing.system = inspect::read_system_confined(base.file(), services.cancellation);
  plan::BuildPlan& plan = customizing.plan.plan;
  plan.architecture = base.architecture();
  plan.config.name = options.output.stem().string();
  plan.config.output.image_path = {std::filesystem::absolute(options.output), {}};
  plan.outputs = {
      {.format = model::output_format_of(options.format.value_or(base.disk().format()))}};
  customizing.layout = plan::fitted_to_formats(base.layout(), plan.outputs);
  finalize::FinalizePlan& root = customizing.root;
  root.origin = finalize::RootOrigin::base_image;
  root.base_change = finalize::BaseChange::files;
  root.image_name = plan.config.name;
  root.tool_version = options.tool_version;
  root.architecture = base.architecture();
  root.epoch = options.epoch.value_or(newest_time(base));
  root.layout.uuid = base.disk_uuid();
  for (const model::InjectedFile& file : options.files)
    root.os.additional_files.push_back(placed(file, base));
  return customizing;
}

} // namespace imagewright::pipeline
