// SPDX-License-Identifier: MIT
#pragma once

// From what a source holds to one image: the parts of open_image().

#include <filesystem>
#include <string>

#include "container/blob.hpp"

namespace imagewright::container {

/// What is asked for, and where the files are now: in the source itself, or where it was unpacked.
struct Question {
  const model::ContainerImageConfig& wanted;
  std::filesystem::path directory;
  const OpenOptions& options;
};

/// The source in words: "the OCI layout "images/pause"".
std::string source_text(const model::ContainerImageConfig& wanted);

/// An image, and the name that the source has for it; empty: none that is full.
struct Found {
  Image image;
  std::string name;
};

Found read_oci_layout(const Question& question);
Found read_docker_archive(const Question& question);

/// What a config says, as a worker read it. Throws container.damaged, and
/// container.no-architecture when it is of another one.
Settings settings_of(const Question& question, const Blob& config);
/// Config and layers of a manifest, each checked.
Image image_of_manifest(const Question& question, Blob manifest);

/// "docker.io/library/busybox:1" for "busybox:1", as Docker writes it; what is no name is given
/// back as it is.
std::string full_name_of(const std::string& name);
/// Whether it has a host, a repository and a tag.
bool is_full_name(std::string_view name);

} // namespace imagewright::container
