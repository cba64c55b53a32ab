// SPDX-License-Identifier: MIT
#include <algorithm>
#include <memory>
#include <optional>

#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/parallel_for.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/image/write_artifacts.hpp>
#include <imagewright/report/stage_scope.hpp>

#include "output_file.hpp"
#include "qcow2_writer.hpp"
#include "source_disk.hpp"
#include "vhd_writer.hpp"
#include "vhdx_writer.hpp"

namespace imagewright::image {

namespace {

using model::ImageFormat;

bool is_flat(ImageFormat format) {
  return format == ImageFormat::raw || format == ImageFormat::vhd_fixed;
}

/// The output that the raw file itself becomes: the last thing to happen, so that a failure leaves
/// it as it was.
std::optional<std::size_t> find_heir(const ArtifactRequest& request) {
  if (request.raw_disk == RawDisk::keep) return std::nullopt;
  for (const ImageFormat format : {ImageFormat::raw, ImageFormat::vhd_fixed}) {
    for (std::size_t index = 0; index < request.outputs.size(); ++index) {
      if (request.outputs[index].format == format) return index;
    }
  }
  return std::nullopt;
}

void copy_flat(OutputFile& file, const SourceDisk& disk, const base::Cancellation& cancellation) {
  file.copy_stored(disk, 0, 0, disk.size(), cancellation);
  file.set_size(disk.size());
}

/// Writes and digests the outputs of one request.
class ArtifactWriter {
public:
  ArtifactWriter(const ArtifactRequest& request, const base::Cancellation& cancellation)
      : request_(request), cancellation_(cancellation),
        disk_(request.raw, request.thread_count, cancellation), files_(request.outputs.size()) {}

  void write() {
    const auto heir = find_heir(request_);
    for (std::size_t index = 0; index < files_.size(); ++index) {
      if (index != heir) write_new(index);
    }
    if (heir) inherit(*heir);
  }

  std::vector<model::Artifact> finish() {
    const std::vector<base::Digest> digests = compute_digests();
    std::vector<model::Artifact> artifacts;
    for (std::size_t index = 0; index < files_.size(); ++index) {
      const ArtifactOutput& output = request_.outputs[index];
      artifacts.push_back({.path = output.path,
                           .format = output.format,
                           .virtual_size = base::ByteSize(disk_.size()),
                           .file_size = base::ByteSize(std::filesystem::file_size(output.path)),
                           .digest = digests[index]});
    }
    for (const auto& file : files_)
      file->keep();
    return artifacts;
  }

private:
  VhdIdentity identity() const { return {request_.disk_uuid, request_.epoch}; }

  void write_new(std::size_t index) {
    const ArtifactOutput& output = request_.outputs[index];
    files_[index] = std::make_unique<OutputFile>(output.path);
    OutputFile& file = *files_[index];
    switch (output.format) {
    case ImageFormat::raw:
      copy_flat(file, disk_, cancellation_);
      return;
    case ImageFormat::vhd_fixed:
      check_vhd_size(disk_.size());
      copy_flat(file, disk_, cancellation_);
      append_vhd_footer(file, disk_.size(), identity());
      return;
    case ImageFormat::vhd:
      write_dynamic_vhd(file, disk_, identity(), cancellation_);
      return;
    case ImageFormat::qcow2:
      write_qcow2(file, disk_, output, request_.thread_count, cancellation_);
      return;
    case ImageFormat::vhdx:
      write_vhdx(file, disk_, request_.disk_uuid, cancellation_);
      return;
    case ImageFormat::tar:
    case ImageFormat::wsl:
      break;
    }
    throw base::BugError("an archive is no disk");
  }

  void inherit(std::size_t index) {
    const ArtifactOutput& output = request_.outputs[index];
    if (output.format == ImageFormat::vhd_fixed) check_vhd_size(disk_.size());
    files_[index] = std::make_unique<OutputFile>(request_.raw, output.path);
    if (output.format == ImageFormat::vhd_fixed) {
      append_vhd_footer(*files_[index], disk_.size(), identity());
    }
  }

  /// The digest of the disk and that of a fixed VHD begin with the same bytes, which are hashed
  /// once.
  std::vector<base::Digest> flat_digests() const {
    base::Hasher hasher;
    std::vector<std::byte> buffer(k_unit_size);
    for (std::uint64_t unit = 0; unit < disk_.unit_count(); ++unit) {
      const std::uint64_t start = unit * k_unit_size;
      const std::uint64_t length = std::min(k_unit_size, disk_.size() - start);
      if (unit % 64 == 0) cancellation_.check();
      if (!disk_.is_stored(unit)) {
        hasher.update_zeros(length);
        continue;
      }
      disk_.read(start, std::span(buffer).first(length));
      hasher.update(std::span(buffer).first(length));
    }
    base::Hasher with_footer = hasher.fork();
    with_footer.update(make_vhd_footer(VhdKind::fixed, disk_.size(), identity()));
    return {hasher.finish(), with_footer.finish()};
  }

  /// The first task is for everything flat, if there is such an output; each other output is one.
  std::vector<base::Digest> compute_digests() const {
    std::vector<base::Digest> digests(request_.outputs.size());
    std::vector<std::size_t> flat;
    std::vector<std::size_t> others;
    for (std::size_t index = 0; index < digests.size(); ++index)
      (is_flat(request_.outputs[index].format) ? flat : others).push_back(index);
    const std::size_t flat_tasks = flat.empty() ? 0 : 1;
    base::parallel_for(
        flat_tasks + others.size(), request_.thread_count, cancellation_, [&](std::size_t task) {
          if (task >= flat_tasks) {
            const std::size_t index = others[task - flat_tasks];
            digests[index] = fs::digest_of_file(request_.outputs[index].path);
            return;
          }
          const std::vector<base::Digest> found = flat_digests();
          for (const std::size_t index : flat)
            digests[index] = found[request_.outputs[index].format == ImageFormat::raw ? 0 : 1];
        });
    return digests;
  }

  const ArtifactRequest& request_;
  const base::Cancellation& cancellation_;
  SourceDisk disk_;
  std::vector<std::unique_ptr<OutputFile>> files_;
};

} // namespace

std::vector<model::Artifact> write_artifacts(const ArtifactRequest& request,
                                             report::Reporter& reporter,
                                             const base::Cancellation& cancellation) {
  std::string names;
  for (const ArtifactOutput& output : request.outputs) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", model::to_string(output.format));
  }
  const report::StageScope stage(reporter, "image", names);
  ArtifactWriter writer(request, cancellation);
  writer.write();
  auto artifacts = writer.finish();
  if (request.raw_disk == RawDisk::consume && !find_heir(request)) {
    unlink(
        request.raw
            .c_str()); // a raw file that cannot be removed is in a directory that will be, ignoring
  }
  return artifacts;
}

} // namespace imagewright::image
