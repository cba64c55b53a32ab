// SPDX-License-Identifier: MIT
#pragma once

// A sealed tree becomes the artifacts that the config wants.

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <imagewright/disk/write_disk.hpp>
#include <imagewright/fs/borrowed_bytes.hpp>
#include <imagewright/model/artifact.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/plan/services.hpp>

#include "host/workplace.hpp"
#include "make_root.hpp"

namespace imagewright::pipeline {

/// Where things go.
struct ImagePlaces {
  std::filesystem::path raw;       ///< the raw disk, until it has become artifacts
  fs::BorrowedBytes borrowed = {}; ///< what of it stands elsewhere
  std::function<std::filesystem::path(const model::OutputImage&)> artifact;
};

/// In a workplace, for the outputs of a plan. Both are borrowed.
ImagePlaces places_in(const Workplace& place, const plan::BuildPlan& plan);

struct WrittenImage {
  tree::RootTree tree;      ///< as it is in the artifacts: all words are known
  model::DiskLayout layout; ///< empty without a disk
  model::RootHashes root_hashes;
  std::string kernel_command_line;
  std::vector<disk::PartitionUse> partitions;
  std::vector<model::Artifact> artifacts;
};

/// Whether the raw disk may borrow: every output that is a disk is made from wherever its bytes
/// are.
bool may_borrow(const plan::BuildPlan& plan);

/// Puts boot code into places on the disk that are in no filesystem.
void patch_disk(const std::filesystem::path& raw, fs::BorrowedBytes& borrowed,
                const std::vector<model::DiskPatch>& patches);

/// What artifacts are told of the disk and the time that they are made from.
struct ArtifactIdentity {
  base::Uuid disk_uuid;
  base::Epoch epoch;
};

/// Turns the raw disk into each output that is a disk, and uses it up.
std::vector<model::Artifact> write_disk_artifacts(const plan::BuildPlan& plan,
                                                  const ArtifactIdentity& identity,
                                                  const ImagePlaces& places,
                                                  const plan::Services& services);

/// Writes each output that has the root without a disk: archives, and disks that are one
/// filesystem.
std::vector<model::Artifact> write_root_artifacts(const tree::RootTree& tree,
                                                  const plan::BuildPlan& plan,
                                                  const ArtifactIdentity& identity,
                                                  const ImagePlaces& places,
                                                  const plan::Services& services);

WrittenImage write_image(SealedTree sealed, const plan::ResolvedPlan& plan,
                         const ImagePlaces& places, const plan::Services& services);

} // namespace imagewright::pipeline
