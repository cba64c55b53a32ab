// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/fs/temporary_directory.hpp>
#include <imagewright/fs/unfinished_file.hpp>
#include <imagewright/image/convert.hpp>
#include <imagewright/image/image_file.hpp>
#include <imagewright/model/image_format.hpp>

#include "image/flatten.hpp"

namespace imagewright::image {

namespace {

constexpr std::uint64_t k_sector = 512;

void tell_growth(const FlatDisk& disk, report::Reporter& reporter) {
  const std::string sizes =
      fmt::format("the disk has {} bytes and becomes {} bytes large, which is what the format asks "
                  "for",
                  disk.image_size, disk.size);
  switch (disk.backup) {
  case disk::MovedBackup::none:
    reporter.message(report::Level::info, sizes);
    return;
  case disk::MovedBackup::moved:
    reporter.message(report::Level::info,
                     sizes + "; the backup of its partition table moved to the new end");
    return;
  case disk::MovedBackup::damaged:
    break;
  }
  reporter.warning({.severity = base::Severity::warning,
                    .code = "image.backup-not-moved",
                    .message = sizes + "; the backup of its partition table stays where it is",
                    .where = std::nullopt,
                    .related = {},
                    .context = {},
                    .hint = "the table at its start is damaged: mend it with \"sgdisk -e\""});
}

void warn_of_sectors(const FlatDisk& disk, report::Reporter& reporter) {
  if (disk.sector_size == k_sector) return;
  reporter.warning({.severity = base::Severity::warning,
                    .code = "image.other-sectors",
                    .message = fmt::format("the disk has sectors of {} bytes, and its partition "
                                           "table counts in them",
                                           disk.sector_size),
                    .where = std::nullopt,
                    .related = {},
                    .context = {},
                    .hint = "give the new disk to a machine with sectors of that size"});
}

} // namespace

model::Artifact convert(const ConvertRequest& request, report::Reporter& reporter,
                        const base::Cancellation& cancellation) {
  const ImageFile image = open_image_file(request.input, request.input_format);
  const auto directory = request.output.path.parent_path();
  const fs::TemporaryDirectory staging(directory.empty() ? "." : directory,
                                       ".imagewright-convert-");
  fs::UnfinishedFile raw(staging.path() / "raw");
  const FlatDisk disk = flatten(image, request.output.format, raw.fd(), cancellation);
  warn_of_sectors(disk, reporter);
  ArtifactRequest artifacts{.raw = request.input,
                            .disk_uuid = disk.disk_uuid,
                            .epoch = request.epoch,
                            .outputs = {request.output},
                            .thread_count = request.thread_count,
                            .digests = request.digests};
  if (!disk.is_image_itself) {
    artifacts.raw = raw.path();
    artifacts.raw_disk = RawDisk::consume;
    raw.keep();
    if (disk.size != disk.image_size) tell_growth(disk, reporter);
  }
  if (model::row_of(request.output.format).is_described)
    artifacts.description = request.describe(artifacts.raw);
  return write_artifacts(artifacts, reporter, cancellation).front();
}

} // namespace imagewright::image
