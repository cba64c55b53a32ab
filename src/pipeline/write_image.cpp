// SPDX-License-Identifier: MIT
#include "write_image.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include <fmt/format.h>

#include <imagewright/disk/fit.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/image/write_artifacts.hpp>
#include <imagewright/image/write_root_archive.hpp>
#include <imagewright/image/wsl_root.hpp>
#include <imagewright/inspect/disk_description.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/model/verity.hpp>
#include <imagewright/plan/layout.hpp>
#include <imagewright/plan/output_format.hpp>
#include <imagewright/tree/late_text.hpp>

namespace imagewright::pipeline {

namespace {

bool is_disk(const model::OutputImage& output) {
  return model::is_disk(plan::format_of(output));
}

/// With autoSize the last partition becomes as large as its content and the free space that is
/// asked for.
model::DiskLayout fitted_layout(const plan::ResolvedPlan& plan, const tree::RootTree& tree) {
  const model::StorageConfig& storage = plan::storage_of(plan.plan);
  if (!storage.fits_content) return plan.layout;
  const base::ByteSize content =
      disk::smallest_last_partition({.layout = plan.layout, .tree = tree, .epoch = plan.epoch});
  return plan::fit_last_partition(plan.layout, content + storage.free_space);
}

WrittenImage with_disk(WrittenImage image, const std::vector<model::DiskPatch>& patches,
                       const plan::ResolvedPlan& plan, const ImagePlaces& places,
                       const plan::Services& services) {
  image.layout = fitted_layout(plan, image.tree);
  disk::WrittenDisk written =
      disk::write_disk({.layout = image.layout, .tree = image.tree, .epoch = plan.epoch},
                       places.raw, services.reporter, services.cancellation);
  fs::BorrowedBytes nothing;
  patch_disk(places.raw, nothing, patches);
  image.tree = tree::with_late_texts(std::move(image.tree), written.root_hashes);
  image.kernel_command_line = model::with_root_hashes(std::move(image.kernel_command_line),
                                                      image.layout, written.root_hashes);
  image.root_hashes = std::move(written.root_hashes);
  image.partitions = std::move(written.partitions);
  image.artifacts = write_disk_artifacts(
      plan.plan, {.disk_uuid = image.layout.uuid, .epoch = plan.epoch}, places, services);
  return image;
}

/// The root as the output takes it.
tree::RootTree tree_for(const model::OutputImage& output, const tree::RootTree& tree,
                        const plan::BuildPlan& plan, base::Epoch epoch) {
  return image::root_in_form(tree, {.form = model::row_of(plan::format_of(output)).root_form,
                                    .epoch = epoch,
                                    .distribution_name = plan.config.name});
}

model::Artifact write_archive(const model::OutputImage& output, const tree::RootTree& tree,
                              const ImagePlaces& places, const plan::Services& services) {
  return image::write_root_archive({.tree = tree,
                                    .format = plan::format_of(output),
                                    .path = places.artifact(output),
                                    .compression = plan::archive_compression_of(output),
                                    .level = output.compression.level,
                                    .thread_count = services.thread_count},
                                   services.reporter, services.cancellation);
}

/// A system distribution is only read; a distribution that cannot grow is of little use.
base::ByteSize free_space_of(model::RootForm form) {
  return form == model::RootForm::wslg_system ? base::ByteSize() : base::ByteSize::gib(8);
}

model::DiskLayout volume_layout(const model::OutputImage& output, const tree::RootTree& tree,
                                const plan::BuildPlan& plan, const ArtifactIdentity& identity) {
  const auto uuid = [&](const std::string& what) {
    const std::string seed = identity.disk_uuid.to_string();
    return base::Uuid::from_name(
        seed, fmt::format("{} {}", model::to_string(plan::format_of(output)), what));
  };
  model::Filesystem filesystem{.uuid = uuid("filesystem"), .mount_point = "/"};
  const auto& features = plan.release.filesystem_features;
  if (const auto own = features.find("ext4"); own != features.end())
    filesystem.features = own->second;
  model::DiskLayout layout{.uuid = uuid("disk"),
                           .partitions = {{.id = "volume", .filesystem = std::move(filesystem)}}};
  const base::ByteSize content =
      disk::smallest_last_partition({.layout = layout, .tree = tree, .epoch = identity.epoch});
  const auto form = model::row_of(plan::format_of(output)).root_form;
  layout.partitions.front().size = content + free_space_of(form);
  return layout;
}

/// A disk that is one filesystem.
model::Artifact write_volume(const model::OutputImage& output, const tree::RootTree& tree,
                             const plan::BuildPlan& plan, const ArtifactIdentity& identity,
                             const ImagePlaces& places, const plan::Services& services) {
  const model::DiskLayout layout = volume_layout(output, tree, plan, identity);
  std::filesystem::path raw = places.raw;
  raw += ".volume";
  disk::write_volume(
      {.partition = layout.partitions.front(), .tree = tree, .epoch = identity.epoch}, raw,
      services.reporter, services.cancellation);
  const model::ImageFormat format = plan::format_of(output);
  model::Artifact artifact =
      image::write_artifacts({.raw = raw,
                              .raw_disk = image::RawDisk::consume,
                              .disk_uuid = layout.uuid,
                              .epoch = identity.epoch,
                              .outputs = {{.format = model::row_of(format).container,
                                           .path = places.artifact(output)}},
                              .thread_count = services.thread_count},
                             services.reporter, services.cancellation)
          .front();
  artifact.format = format;
  return artifact;
}

} // namespace

ImagePlaces places_in(const Workplace& place, const plan::BuildPlan& plan) {
  return {.raw = place.raw(),
          .borrowed = {},
          .artifact = [&place, &plan](const model::OutputImage& output) {
            return place.publication.staged_path(plan::file_name_of(plan, output));
          }};
}

bool may_borrow(const plan::BuildPlan& plan) {
  return std::ranges::all_of(plan.outputs, [](const model::OutputImage& output) {
    return !is_disk(output) || image::can_be_borrowed(plan::format_of(output));
  });
}

void patch_disk(const std::filesystem::path& raw, fs::BorrowedBytes& borrowed,
                const std::vector<model::DiskPatch>& patches) {
  if (patches.empty()) return;
  const fs::UniqueFd fd = fs::open_for_writing(raw);
  for (const model::DiskPatch& patch : patches) {
    borrowed.settle(fd.get(), patch.offset.bytes(), patch.content.size(), raw.string());
    fs::write_exactly(fd.get(), std::as_bytes(std::span(patch.content)), patch.offset.bytes(),
                      raw.string());
  }
}

std::vector<model::Artifact> write_disk_artifacts(const plan::BuildPlan& plan,
                                                  const ArtifactIdentity& identity,
                                                  const ImagePlaces& places,
                                                  const plan::Services& services) {
  image::ArtifactRequest request{.raw = places.raw,
                                 .borrowed = places.borrowed,
                                 .raw_disk = image::RawDisk::consume,
                                 .disk_uuid = identity.disk_uuid,
                                 .epoch = identity.epoch,
                                 .outputs = {},
                                 .thread_count = services.thread_count};
  for (const model::OutputImage& output : plan.outputs) {
    if (!is_disk(output)) continue;
    request.outputs.push_back({.format = plan::format_of(output),
                               .path = places.artifact(output),
                               .compression = plan::disk_compression_of(output),
                               .level = plan::disk_level_of(plan, output),
                               .cluster_size = plan::cluster_size_of(output)});
  }
  const bool is_described = std::ranges::any_of(request.outputs, [](const auto& output) {
    return model::row_of(output.format).is_described;
  });
  // It is what the disk says, not what the plan meant.
  if (is_described)
    request.description =
        inspect::describe_disk_confined(places.raw, model::ImageFormat::raw, services.cancellation);
  return image::write_artifacts(request, services.reporter, services.cancellation);
}

std::vector<model::Artifact> write_root_artifacts(const tree::RootTree& tree,
                                                  const plan::BuildPlan& plan,
                                                  const ArtifactIdentity& identity,
                                                  const ImagePlaces& places,
                                                  const plan::Services& services) {
  std::vector<model::Artifact> artifacts;
  for (const model::OutputImage& output : plan.outputs) {
    if (is_disk(output)) continue;
    const tree::RootTree formed = tree_for(output, tree, plan, identity.epoch);
    const bool is_archive =
        model::row_of(plan::format_of(output)).kind == model::ImageKind::archive;
    artifacts.push_back(is_archive
                            ? write_archive(output, formed, places, services)
                            : write_volume(output, formed, plan, identity, places, services));
  }
  return artifacts;
}

WrittenImage write_image(SealedTree sealed, const plan::ResolvedPlan& plan,
                         const ImagePlaces& places, const plan::Services& services) {
  WrittenImage image{.tree = std::move(sealed.tree),
                     .layout = {},
                     .kernel_command_line = std::move(sealed.root.kernel_command_line),
                     .partitions = {},
                     .artifacts = {}};
  if (std::ranges::any_of(plan.plan.outputs, is_disk))
    image = with_disk(std::move(image), sealed.root.disk_patches, plan, places, services);
  // A volume has the name of the disk that the plan has, fitted or not.
  std::ranges::move(write_root_artifacts(image.tree, plan.plan,
                                         {.disk_uuid = plan.layout.uuid, .epoch = plan.epoch},
                                         places, services),
                    std::back_inserter(image.artifacts));
  return image;
}

} // namespace imagewright::pipeline
