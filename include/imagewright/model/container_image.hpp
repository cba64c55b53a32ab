// SPDX-License-Identifier: MIT
#pragma once

// Images of containers that a node has before it has a network.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/digest.hpp>
#include <imagewright/base/source_location.hpp>
#include <imagewright/model/located.hpp>

namespace imagewright::model {

enum class ContainerSource : std::uint8_t { oci_directory, oci_archive, docker_archive, registry };

/// "oci", "oci-archive", "docker-archive", "registry": what stands before the colon of a source.
std::string_view to_string(ContainerSource source);

/// Whether a kubelet that is short of space may remove an image.
enum class Pinning : std::uint8_t { unpinned, pinned };

/// How containerd comes to know an image.
enum class ContainerDelivery : std::uint8_t {
  store,  ///< written into its store, in the format of containerd 1.6 and 1.7
  import, ///< an archive that it takes itself, when the node starts
};

/// One entry of `os.containerImages`.
struct ContainerImageConfig {
  ContainerSource source = ContainerSource::oci_directory;
  /// On the host; of a registry's image the OCI layout into which it was fetched, empty before.
  std::filesystem::path path;
  /// Which of the source's images: a tag or a name; empty: the only one. Of a registry the whole
  /// reference, "registry.example/pause:3.9@sha256:…".
  std::string selection;
  /// Full, with host and tag; absent: the one that the source has.
  std::optional<LocatedText> name;
  Pinning pinning = Pinning::unpinned;
  std::string name_space = "k8s.io"; ///< of containerd
  ContainerDelivery delivery = ContainerDelivery::store;
  base::SourceLocation where;
  base::SourceLocation source_where = {};

  bool operator==(const ContainerImageConfig&) const = default;
};

/// What exactly an image of one architecture consists of.
struct LockedContainerImage {
  std::string name; ///< "registry.k8s.io/pause:3.9"
  std::string name_space;
  Pinning pinning = Pinning::unpinned;
  std::optional<base::Digest> index; ///< the list of architectures that it was taken from
  base::Digest manifest;
  base::Digest config;
  std::vector<base::Digest> layers; ///< the lowest first

  auto operator<=>(const LockedContainerImage&) const = default;
};

} // namespace imagewright::model
