// SPDX-License-Identifier: MIT
#pragma once

// Public keys that a repository names by their fingerprints.

#include <filesystem>
#include <string>
#include <vector>

#include <imagewright/model/repository.hpp>

#include "fetch_context.hpp"

namespace imagewright::repo {

/// A file in the cache that holds the key of that fingerprint of the repository and no other: from
/// the first place whose files have it, else from an earlier search. Throws base::Error
/// (repo.key-not-found).
std::filesystem::path find_key_file(FetchContext& context, const model::Repository& repository,
                                    const model::LocatedText& fingerprint);

/// The keys of the command line, if they stand for those of a repository that the command line
/// moved: where none of them is the key that the repository names by its fingerprint. Else nothing.
std::vector<std::filesystem::path> keys_in_place_of(FetchContext& context,
                                                    const model::Repository& repository);

} // namespace imagewright::repo
