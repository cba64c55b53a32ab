// SPDX-License-Identifier: MIT
#pragma once

// What of repositories lies on this host, for whoever wants to know whether it is as it was.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include <imagewright/model/repository.hpp>
#include <imagewright/repo/fetch_options.hpp>

namespace imagewright::repo {

enum class MetadataUse : std::uint8_t {
  none, ///< the packages are known without it
  asked,
};

/// The tables of contents, their signatures and the keys that are read from this host when these
/// repositories are used, also places where there is nothing; a directory stands for the names in
/// it. Nothing when a server would be asked: what it has is not known without asking.
std::optional<std::vector<std::filesystem::path>>
local_paths_of(const std::vector<model::Repository>& repositories, const FetchOptions& options,
               MetadataUse use);

} // namespace imagewright::repo
