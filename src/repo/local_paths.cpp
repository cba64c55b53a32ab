// SPDX-License-Identifier: MIT
#include <algorithm>
#include <system_error>

#include <imagewright/repo/local_paths.hpp>

#include "source.hpp"

namespace imagewright::repo {

namespace {

/// A directory and the files in it, as the search for keys looks at them.
void add_place(std::vector<std::filesystem::path>& paths, const std::filesystem::path& place) {
  paths.push_back(place);
  std::error_code error;
  for (std::filesystem::directory_iterator entry(place, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored)) paths.push_back(entry->path());
  }
}

/// False when a server is asked for a key: with metadata keys are always fetched anew.
bool add_keys(std::vector<std::filesystem::path>& paths, const model::Repository& repository,
              const FetchOptions& options, MetadataUse use) {
  for (const auto& [address, where_named] : repository.gpg_keys) {
    if (model::is_fingerprint(address)) {
      for (const std::filesystem::path& place : options.key_places)
        add_place(paths, place);
      continue;
    }
    const FileAddress where = address_of_file(address);
    if (where.source.is_local())
      paths.push_back(where.source.directory / where.name);
    else if (use == MetadataUse::asked)
      return false;
  }
  return true;
}

} // namespace

std::optional<std::vector<std::filesystem::path>>
local_paths_of(const std::vector<model::Repository>& repositories, const FetchOptions& options,
               MetadataUse use) {
  std::vector<std::filesystem::path> paths = options.given_keys;
  for (const model::Repository& repository : repositories) {
    if (!add_keys(paths, repository, options, use)) return std::nullopt;
    if (use == MetadataUse::none) continue;
    const Source source = source_of(repository);
    if (!source.is_local()) return std::nullopt;
    paths.push_back(source.directory / "repodata/repomd.xml");
    paths.push_back(source.directory / "repodata/repomd.xml.asc");
  }
  return paths;
}

} // namespace imagewright::repo
