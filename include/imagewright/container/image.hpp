// SPDX-License-Identifier: MIT
#pragma once

// Images of containers as they are found on the host, checked byte by byte.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/fs/temporary_directory.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/model/container_image.hpp>
#include <imagewright/sandbox/worker.hpp>

namespace imagewright::container {

/// Bytes with a digest, in a file or here.
struct Blob {
  base::Digest digest;
  std::uint64_t size = 0;
  std::string media_type;
  std::filesystem::path file; ///< empty: `content` has the bytes
  std::string content;
};

struct Layer {
  Blob blob;
  base::Digest difference; ///< of what is in it when it is not compressed: the "diff id"
};

/// One image for one architecture.
struct Image {
  model::LockedContainerImage identity;
  Blob manifest;
  Blob config;
  std::vector<Layer> layers; ///< the lowest first
  /// Where files stand that were taken out of an archive.
  std::optional<fs::TemporaryDirectory> unpacked;
};

enum class LayerUse : std::uint8_t {
  checked,   ///< each is there, and unpacks to what its config says
  described, ///< only what the manifest says of them is believed
};

struct OpenOptions {
  const model::Architecture& architecture;
  std::filesystem::path temporary_directory; ///< archives are unpacked below it
  const base::Cancellation& cancellation;
  LayerUse layers = LayerUse::checked;
};

/// The name in a reference to a registry's image: "registry.example/pause:3.9" of that with a
/// digest behind; empty: it has no tag.
std::string name_in_reference(std::string_view reference);

/// What the program's workers have to know of this module.
std::span<const sandbox::WorkerJob> worker_jobs();

/// Finds the image in its source (of a registry: where it was fetched to) and holds each byte of it
/// against its digests. Throws base::Error at the place of the entry: container.not-found,
/// container.damaged, container.ambiguous, container.no-architecture, container.unsupported,
/// container.no-name.
Image open_image(const model::ContainerImageConfig& wanted, const OpenOptions& options);

/// The same of one that was planned: files of the host may have changed since. Throws base::Error
/// (container.changed) as well, when it is none of the locked ones.
Image open_planned_image(const model::ContainerImageConfig& wanted,
                         std::span<const model::LockedContainerImage> locked,
                         const OpenOptions& options);

} // namespace imagewright::container
