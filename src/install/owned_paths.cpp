// SPDX-License-Identifier: MIT
#include "owned_paths.hpp"

#include <algorithm>

#include <sys/stat.h>

#include <imagewright/base/path_pattern.hpp>

namespace imagewright::install {

std::vector<std::string> owned_paths(rpmts transaction, const std::vector<std::string>& patterns) {
  std::vector<std::string> paths;
  const MatchIterator packages(rpmtsInitIterator(transaction, RPMDBI_PACKAGES, nullptr, 0));
  while (Header header = rpmdbNextIterator(packages.get())) {
    const FileInformation files(rpmfiNew(nullptr, header, RPMTAG_BASENAMES, RPMFI_KEEPHEADER));
    while (rpmfiNext(files.get()) >= 0) {
      if ((rpmfiFFlags(files.get()) & RPMFILE_GHOST) != 0) continue;
      const std::string path = rpmfiFN(files.get());
      const bool is_of_interest = std::ranges::any_of(patterns, [&](const std::string& pattern) {
        return base::is_at_or_below_pattern(path, pattern);
      });
      if (is_of_interest) paths.push_back(path);
    }
  }
  std::ranges::sort(paths);
  return paths;
}

} // namespace imagewright::install
