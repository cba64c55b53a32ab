// SPDX-License-Identifier: MIT
#include "disk/ext4/filesystem.hpp"

#include "disk/ext4/identity.hpp"
#include "disk/ext4/plan.hpp"
#include "disk/ext4/reader.hpp"
#include "disk/ext4/writer.hpp"
#include "disk/little_endian.hpp"

namespace imagewright::disk {

namespace {

PlannedFilesystem plan(const model::Partition& partition,
                       std::shared_ptr<const tree::RootTree> tree, base::Epoch epoch) {
  const auto plan = std::make_shared<const Ext4Plan>(plan_ext4(partition, *tree, epoch));
  return {.write =
              [plan, tree](BlockDevice& device, const FileObserver& observe,
                           const base::Cancellation& cancellation) {
                return write_ext4(device, *plan, *tree, observe, cancellation);
              },
          .file_count = tree->inodes.size()};
}

PlannedFilesystem plan_rewrite(const RewrittenFilesystem& request,
                               std::shared_ptr<const tree::RootTree> tree) {
  const Ext4Parameters parameters = parameters_of(request);
  const auto plan = std::make_shared<const Ext4Plan>(plan_ext4(parameters, request.place, *tree));
  return {.write =
              [plan, tree](BlockDevice& device, const FileObserver& observe,
                           const base::Cancellation& cancellation) {
                return write_ext4(device, *plan, *tree, observe, cancellation);
              },
          .file_count = tree->inodes.size()};
}

// Linux documentation, filesystems/ext4/super.rst: the super block is at 1024, s_magic at 56 in it.
bool recognises(std::span<const std::byte> start) {
  return get<std::uint16_t>(start, 1024 + 56) == 0xEF53;
}

} // namespace

constinit const FilesystemWriter k_ext4_writer{
    .plan = plan, .identify = ext4_identity, .plan_rewrite = plan_rewrite};
constinit const FilesystemReading k_ext4_reading{.recognises = recognises, .open = open_ext4};

} // namespace imagewright::disk
