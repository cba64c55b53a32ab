// SPDX-License-Identifier: MIT
#include "disk/fat/filesystem.hpp"

#include "disk/fat/plan.hpp"
#include "disk/fat/reader.hpp"
#include "disk/fat/writer.hpp"

namespace imagewright::disk {

namespace {

PlannedFilesystem plan(const model::Partition& partition,
                       std::shared_ptr<const tree::RootTree> tree, base::Epoch epoch) {
  const auto plan = std::make_shared<const FatPlan>(plan_fat(partition, *tree, epoch));
  return {.write =
              [plan, tree](BlockDevice& device, const FileObserver& observe,
                           const base::Cancellation& cancellation) {
                return write_fat(device, *plan, *tree, observe, cancellation);
              },
          .file_count = tree->inodes.size()};
}

PlannedFilesystem plan_rewrite(const RewrittenFilesystem& request,
                               std::shared_ptr<const tree::RootTree> tree) {
  IMAGEWRIGHT_ASSERT(request.filesystem_size == FilesystemSize::kept);
  const auto plan = std::make_shared<const FatPlan>(plan_fat_rewrite(request, *tree));
  return {.write =
              [plan, tree](BlockDevice& device, const FileObserver& observe,
                           const base::Cancellation& cancellation) {
                return write_fat(device, *plan, *tree, observe, cancellation);
              },
          .file_count = tree->inodes.size()};
}

} // namespace

constinit const FilesystemWriter k_fat_writer{
    .plan = plan, .identify = fat_identity, .plan_rewrite = plan_rewrite};
constinit const FilesystemReading k_fat_reading{.recognises = is_fat_boot_sector, .open = open_fat};

} // namespace imagewright::disk
