// SPDX-License-Identifier: MIT
#pragma once

// Which of many published sets are proved by composing them again.

#include <filesystem>
#include <vector>

namespace imagewright::cli {

/// So many of a hundred directories below this one in which a build has published, rounded up, in
/// the order of their names. Chosen by chance, so that nobody can know beforehand which. Throws
/// base::Error (cli.missing-input) when there are none.
std::vector<std::filesystem::path> sampled_sets(const std::filesystem::path& directory,
                                                unsigned percent);

} // namespace imagewright::cli
