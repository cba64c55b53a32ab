// SPDX-License-Identifier: MIT
#include <algorithm>
#include <functional>
#include <memory>
#include <optional>

#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/parallel_for.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/image/write_artifacts.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/report/stage_scope.hpp>

#include "image/format.hpp"
#include "image/output_file.hpp"
#include "image/source_disk.hpp"

namespace imagewright::image {

namespace {

constexpr std::uint64_t k_units_in_a_row = 256;

const FormatWriter& writer_of(const ArtifactOutput& output) {
  return *disk_format(output.format).writer;
}

/// The file begins with the disk's own bytes.
bool is_flat(const ArtifactOutput& output) {
  return writer_of(output).trailer != nullptr;
}

/// The output that the raw file itself becomes: the last thing to happen, so that a failure leaves
/// it as it was.
std::optional<std::size_t> find_heir(const ArtifactRequest& request) {
  if (request.raw_disk == RawDisk::keep) return std::nullopt;
  const auto heir = std::find_if(request.outputs.begin(), request.outputs.end(), is_flat);
  if (heir == request.outputs.end()) return std::nullopt;
  return static_cast<std::size_t>(heir - request.outputs.begin());
}

/// Writes and digests the outputs of one request.
class ArtifactWriter {
public:
  ArtifactWriter(const ArtifactRequest& request, const base::Cancellation& cancellation)
      : request_(request), cancellation_(cancellation),
        disk_(request.raw, request.borrowed, request.thread_count, cancellation),
        files_(request.outputs.size()), digests_(request.outputs.size()) {}

  void write() {
    const auto heir = find_heir(request_);
    std::vector<std::function<void()>> tasks;
    // First what takes longest: all of the disk, holes as well.
    const bool is_any_flat = std::ranges::any_of(request_.outputs, is_flat);
    if (is_any_flat && is_digested()) tasks.emplace_back([this] { digest_flat(); });
    for (std::size_t index = 0; index < files_.size(); ++index) {
      if (index != heir) tasks.emplace_back([this, index] { write_new(index); });
    }
    base::parallel_for(tasks.size(), request_.thread_count, cancellation_,
                       [&](std::size_t task) { tasks[task](); });
    if (heir) inherit(*heir);
  }

  std::vector<model::Artifact> finish() {
    std::vector<model::Artifact> artifacts;
    for (std::size_t index = 0; index < files_.size(); ++index) {
      const ArtifactOutput& output = request_.outputs[index];
      artifacts.push_back({.path = output.path,
                           .format = output.format,
                           .virtual_size = base::ByteSize(disk_.size()),
                           .file_size = base::ByteSize(std::filesystem::file_size(output.path)),
                           .digest = digests_[index]});
    }
    for (const auto& file : files_)
      file->keep();
    return artifacts;
  }

private:
  bool is_digested() const { return request_.digests == ArtifactDigests::computed; }

  DiskIdentity identity() const { return {request_.disk_uuid, request_.epoch}; }

  std::vector<std::byte> trailer_of(const ArtifactOutput& output) const {
    return writer_of(output).trailer(disk_.size(), identity());
  }

  void write_new(std::size_t index) {
    const ArtifactOutput& output = request_.outputs[index];
    writer_of(output).check_size(disk_.size());
    files_[index] = std::make_unique<OutputFile>(output.path);
    OutputFile& file = *files_[index];
    if (is_flat(output)) {
      file.copy_stored(disk_, 0, 0, disk_.size(), cancellation_);
      file.set_size(disk_.size());
      file.write(disk_.size(), trailer_of(output));
      return;
    }
    if (is_digested()) file.digest_as_written(request_.thread_count);
    writer_of(output).write(
        file, disk_,
        {.output = output,
         .identity = identity(),
         .thread_count = request_.thread_count,
         .description = request_.description ? &*request_.description : nullptr},
        cancellation_);
    if (is_digested()) digests_[index] = file.digest();
  }

  void inherit(std::size_t index) {
    const ArtifactOutput& output = request_.outputs[index];
    writer_of(output).check_size(disk_.size());
    files_[index] = std::make_unique<OutputFile>(request_.raw, output.path);
    files_[index]->write(disk_.size(), trailer_of(output));
  }

  /// Of the disk's own bytes, with which every flat file begins: they are hashed once.
  base::Hasher hash_disk() const {
    base::Hasher hasher;
    std::vector<std::byte> buffer(k_unit_size);
    for (std::uint64_t unit = 0; unit < disk_.unit_count(); ++unit) {
      const std::uint64_t start = unit * k_unit_size;
      const std::uint64_t length = std::min(k_unit_size, disk_.size() - start);
      if (unit % k_units_in_a_row == 0) {
        cancellation_.check();
        // Its file is published as one of the outputs.
        if (find_heir(request_)) start_storing(disk_.fd(), start, k_units_in_a_row * k_unit_size);
      }
      if (!disk_.is_stored(unit)) {
        hasher.update_zeros(length);
        continue;
      }
      disk_.read(start, std::span(buffer).first(length));
      hasher.update(std::span(buffer).first(length));
    }
    return hasher;
  }

  void digest_flat() {
    const base::Hasher disk = hash_disk();
    for (std::size_t index = 0; index < digests_.size(); ++index) {
      if (!is_flat(request_.outputs[index])) continue;
      base::Hasher whole = disk.fork();
      whole.update(trailer_of(request_.outputs[index]));
      digests_[index] = whole.finish();
    }
  }

  const ArtifactRequest& request_;
  const base::Cancellation& cancellation_;
  SourceDisk disk_;
  std::vector<std::unique_ptr<OutputFile>> files_;
  std::vector<base::Digest> digests_;
};

} // namespace

bool can_be_borrowed(model::ImageFormat format) {
  // Whoever describes a disk reads the file itself.
  return disk_format(format).writer->trailer == nullptr && !model::row_of(format).is_described;
}

std::vector<model::Artifact> write_artifacts(const ArtifactRequest& request,
                                             report::Reporter& reporter,
                                             const base::Cancellation& cancellation) {
  std::string names;
  for (const ArtifactOutput& output : request.outputs) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", model::to_string(output.format));
  }
  const report::StageScope stage(reporter, "image", names);
  IMAGEWRIGHT_ASSERT(
      request.borrowed.is_empty() ||
      std::ranges::all_of(request.outputs, can_be_borrowed, &ArtifactOutput::format));
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
