// SPDX-License-Identifier: MIT
#pragma once

// Archives and layers, which are compressed: workers read them.

#include <filesystem>
#include <string>
#include <string_view>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/container/image.hpp>
#include <imagewright/sandbox/worker.hpp>

namespace imagewright::container {

/// Throws container.damaged when the content of the layer, not compressed, has another digest.
void check_difference(const Layer& layer, const base::Cancellation& cancellation);

/// The regular files of an archive below `directory`, by name; links among them are followed.
/// Throws container.damaged, archive.damaged, archive.too-large.
void unpack(const std::filesystem::path& archive, const std::filesystem::path& directory,
            const base::Cancellation& cancellation);

inline constexpr std::string_view k_unpack_job = "unpack-container-archive";
inline constexpr std::string_view k_layer_job = "digest-container-layer";
std::string unpack_in_worker(const sandbox::WorkerCall& call);
std::string digest_layer_in_worker(const sandbox::WorkerCall& call);

} // namespace imagewright::container
