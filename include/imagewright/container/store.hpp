// SPDX-License-Identifier: MIT
#pragma once

// What containerd 1.6 and 1.7 keep on disk about images, as files to be written.

#include <map>
#include <span>
#include <string>

#include <imagewright/base/epoch.hpp>
#include <imagewright/container/image.hpp>

namespace imagewright::container {

/// Where containerd keeps things when its configuration does not say it.
inline constexpr std::string_view k_usual_store = "/var/lib/containerd";
/// Below the store: the blobs, what is being fetched, the database.
inline constexpr std::string_view k_blob_directory =
    "io.containerd.content.v1.content/blobs/sha256";
inline constexpr std::string_view k_ingest_directory = "io.containerd.content.v1.content/ingest";
inline constexpr std::string_view k_database_directory = "io.containerd.metadata.v1.bolt";

/// The blobs of all images by digest, each once; borrowed from the images.
std::map<base::Digest, const Blob*> blobs_of(std::span<const Image> images);

/// The file meta.db that tells of these images, every one of them made at `epoch`.
std::string metadata_file(std::span<const Image> images, base::Epoch epoch);

} // namespace imagewright::container
