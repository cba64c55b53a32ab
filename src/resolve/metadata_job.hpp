// SPDX-License-Identifier: MIT
#pragma once

// Repository metadata as what libsolv prepares of it, by a worker that has the files of the
// metadata and nothing else.

#include <string>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/model/repository_snapshot.hpp>

#include "metadata_store.hpp"

namespace imagewright::resolve {

/// What repo_add_solv reads. Throws base::Error (resolve.metadata-unreadable, sandbox.worker-…).
std::string prepare_metadata(const model::RepositorySnapshot& snapshot, MetadataParts parts,
                             const base::Cancellation& cancellation);

/// Throws base::Error (resolve.metadata-unreadable).
[[noreturn]] void fail(const std::string& repository, const std::string& why);

} // namespace imagewright::resolve
