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
/// repo.offline).
std::vector<std::filesystem::path>
load_key_files(FetchContext& context, const model::Repository& repository, KeyFreshness freshness);

/// Adds the files to a keyring. Throws base::Error (repo.key-unreadable) for a file without a key.
void add_keys(Keyring& keyring, const std::vector<std::filesystem::path>& files,
              const model::Repository& repository);

} // namespace imagewright::repo
