// SPDX-License-Identifier: MIT
#pragma once

// Images of containers that a registry has, as layouts on this host (OCI image specification, "OCI
// Image Layout").

#include <cstdint>
#include <filesystem>
#include <string>

#include <imagewright/base/source_location.hpp>
#include <imagewright/repo/fetch_options.hpp>
#include <imagewright/repo/registry.hpp>
#include <imagewright/repo/repository_set.hpp>

namespace imagewright::repo {

enum class LayerFetch : std::uint8_t {
  left_out, ///< index, manifest and config are enough to know what the image is
  fetched,
};

struct RegistryLayoutRequest {
  std::string reference; ///< "registry.example/pause:3.9@sha256:…"
  RegistryPlatform platform;
  LayerFetch layers = LayerFetch::fetched;
  base::SourceLocation where;
};

/// Fetches the image of the platform and writes it into an empty directory. What the cache has is
/// not fetched; its files are linked where that can be done. Nothing arrives that does not have the
/// size and digest that was announced for it. Throws base::Error as load_registry_image() does.
void write_registry_layout(const RegistryLayoutRequest& request,
                           const std::filesystem::path& directory, const FetchOptions& options,
                           const FetchEnvironment& environment);

} // namespace imagewright::repo
