// SPDX-License-Identifier: MIT
#pragma once

// Reads image configs and release profiles, and shows every mistake in them at once.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/model/image_config.hpp>
#include <imagewright/model/release_profile.hpp>

namespace imagewright::config {

/// Whether the files that a config names (sources, scripts, keys) must exist. Base configs and
/// package lists are read in either case.
enum class FileChecks : std::uint8_t { performed, skipped };

struct LoadOptions {
  FileChecks file_checks = FileChecks::performed;
  /// Where roles are looked for, after the directories beside and above the file that names them.
  std::vector<std::filesystem::path> role_directories;
};

struct LoadedImageConfig {
  model::ImageConfig config;
  base::Diagnostics warnings; ///< in file order
};

struct LoadedReleaseProfile {
  model::ReleaseProfile profile;
  base::Diagnostics warnings; ///< in file order
};

/// Reads a config with everything that it builds on. `path` may name one of its variants
/// (model/config_path.hpp), which is laid over what all of them share. Throws base::InputError with
/// all mistakes (and warnings), in file order.
LoadedImageConfig load_image_config(const std::filesystem::path& path,
                                    const LoadOptions& options = {});

/// The same for a text that stands in no file: `path` is used for positions and relative paths.
LoadedImageConfig load_image_config_text(std::string_view text, const std::filesystem::path& path,
                                         const LoadOptions& options = {});

/// The names of the variants of a config, in their order; none where it cannot be understood, which
/// loading it tells.
std::vector<std::string> variants_in(const std::filesystem::path& path);

/// Reads a release profile. Throws base::InputError with all mistakes.
LoadedReleaseProfile load_release_profile(const std::filesystem::path& path);

/// The same for a text that stands in no file.
LoadedReleaseProfile load_release_profile_text(std::string_view text,
                                               const std::filesystem::path& path);

/// The directories of that name beside and above a directory, nearest first; they need not exist.
std::vector<std::filesystem::path> directories_above(const std::filesystem::path& directory,
                                                     std::string_view name);

/// The names of the .yaml files in these directories, sorted.
std::vector<std::string> names_in(std::span<const std::filesystem::path> directories);

/// The file of a release: a path when `name_or_path` holds "/" or ends in ".yaml" (relative paths
/// start at `base`), else NAME.yaml in the first of `directories` that has it. Throws
/// base::InputError (config.release-not-found) with `where` as its position, listing the names that
/// exist.
std::filesystem::path find_release_profile(const model::LocatedText& name_or_path,
                                           const std::filesystem::path& base,
                                           std::span<const std::filesystem::path> directories);

/// The repositories of a build: the release's, replaced by name and extended by the config's, only
/// those for this architecture, with $basearch and $releasever replaced everywhere.
std::vector<model::Repository> repositories_for(const model::ReleaseProfile& profile,
                                                const model::ImageConfig& config,
                                                const std::string& architecture);

} // namespace imagewright::config
