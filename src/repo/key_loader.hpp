// SPDX-License-Identifier: MIT
#pragma once

// The public keys of a repository, from the host, a server or the cache.

#include <cstdint>
#include <filesystem>
#include <vector>

#include <imagewright/model/repository.hpp>

#include "fetch_context.hpp"
#include "keyring.hpp"

namespace imagewright::repo {

enum class KeyFreshness : std::uint8_t {
  cached,  ///< what the cache has is good enough
  current, ///< fetch again where that is possible
};

/// One file in the cache for each entry of gpg_keys. Throws base::Error (repo.key-unreadable,
/// repo.private-key, repo.key-not-found, repo.offline).
std::vector<std::filesystem::path>
load_key_files(FetchContext& context, const model::Repository& repository, KeyFreshness freshness);

/// The keys of the files: all that they hold, sorted. Throws base::Error: repo.key-unreadable for a
/// file without a key, repo.private-key for one with a private key; repo.key-expired and
/// repo.clock-behind when none of them can be used.
std::vector<PublicKey> read_keys(FetchContext& context, Keyring& keyring,
                                 const std::vector<std::filesystem::path>& files,
                                 const model::Repository& repository);

/// Their fingerprints, sorted.
std::vector<std::string> fingerprints_of(const std::vector<PublicKey>& keys);

} // namespace imagewright::repo
