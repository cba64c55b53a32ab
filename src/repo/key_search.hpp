// SPDX-License-Identifier: MIT
#pragma once

// Public keys that a repository names by their fingerprints.

#include <filesystem>
#include <string>

#include <imagewright/model/repository.hpp>

#include "fetch_context.hpp"

namespace imagewright::repo {

/// A file in the cache that holds the key of that fingerprint and no other: from the first place
/// whose files have it, else from an earlier search. Throws base::Error (repo.key-not-found).
std::filesystem::path find_key_file(FetchContext& context, const model::Repository& repository,
                                    const std::string& fingerprint);

} // namespace imagewright::repo
