// SPDX-License-Identifier: MIT
#pragma once

// Repository metadata into libsolv: parsed from XML the first time, read from a prepared file
// afterwards.

#include <cstdint>
#include <filesystem>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/model/repository_snapshot.hpp>

#include "libsolv_types.hpp"

namespace imagewright::resolve {

enum class FileLists : std::uint8_t {
  primary_only, ///< the files that primary metadata lists: programs and configuration
  complete,
};

/// Whether it is known when each package was published: only those who ask for a snapshot need it.
enum class Times : std::uint8_t { left_out, kept };

/// What of the metadata is wanted.
struct MetadataParts {
  FileLists file_lists = FileLists::primary_only;
  Times times = Times::left_out;
};

/// Fills `repository` from the snapshot, whose file lists are there when they are asked for. What
/// strangers wrote is parsed by a worker; what is read here is what libsolv wrote there.
/// Prepared files are kept below `directory` (empty: nowhere). Throws base::Error
/// (resolve.metadata-unreadable, sandbox.worker-…).
void load_metadata(Repo* repository, const model::RepositorySnapshot& snapshot, MetadataParts parts,
                   const std::filesystem::path& directory, const base::Cancellation& cancellation);

} // namespace imagewright::resolve
