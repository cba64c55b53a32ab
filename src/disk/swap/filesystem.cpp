// SPDX-License-Identifier: MIT
#include "disk/swap/filesystem.hpp"

#include "disk/swap/writer.hpp"

namespace imagewright::disk {

namespace {

PlannedFilesystem plan(const model::Partition& partition, std::shared_ptr<const tree::RootTree>,
                       base::Epoch) {
  return {
      .write = [&partition](BlockDevice& device, const FileObserver&, const base::Cancellation&) {
        return write_swap(device, *partition.filesystem);
      }};
}

} // namespace

constinit const FilesystemWriter k_swap_writer{.plan = plan};

} // namespace imagewright::disk
