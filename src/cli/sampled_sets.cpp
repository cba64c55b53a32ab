// SPDX-License-Identifier: MIT
#include "sampled_sets.hpp"

#include <algorithm>
#include <iterator>
#include <random>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::cli {

std::vector<std::filesystem::path> sampled_sets(const std::filesystem::path& directory,
                                                unsigned percent) {
  std::vector<std::filesystem::path> sets;
  std::error_code problem;
  for (const auto& entry : std::filesystem::directory_iterator(directory, problem)) {
    if (std::filesystem::is_regular_file(entry.path() / "SHA256SUMS", problem))
      sets.push_back(entry.path());
  }
  if (sets.empty()) {
    throw base::Error(
        base::FailureKind::input, "cli.missing-input",
        fmt::format("no unit has published anything below {}", base::quoted(directory.string())),
        "give the output directory that build --units was given");
  }
  std::ranges::sort(sets);
  const std::size_t count = (sets.size() * percent + 99) / 100;
  std::vector<std::filesystem::path> sample;
  std::random_device chance;
  std::ranges::sample(sets, std::back_inserter(sample), static_cast<std::ptrdiff_t>(count), chance);
  return sample;
}

} // namespace imagewright::cli
