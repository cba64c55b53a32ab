// SPDX-License-Identifier: MIT
#pragma once

// The current metadata of repositories: fetched, verified, cached.

#include <filesystem>
#include <optional>
#include <vector>

#include <imagewright/model/repository.hpp>
#include <imagewright/model/repository_snapshot.hpp>

#include "fetch_context.hpp"

namespace imagewright::repo {

/// One snapshot for each repository, in their order.
std::vector<model::RepositorySnapshot>
load_metadata(FetchContext& context, const std::vector<model::Repository>& repositories);

/// The file lists that belong to a snapshot.
std::optional<std::filesystem::path> load_filelists(FetchContext& context,
                                                    const model::RepositorySnapshot& snapshot);

} // namespace imagewright::repo
