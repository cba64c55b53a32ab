// SPDX-License-Identifier: MIT
#include "database.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <fcntl.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>

namespace imagewright::install {

std::vector<model::Nevra> installed_packages(rpmts transaction) {
  std::vector<model::Nevra> packages;
  const MatchIterator iterator(rpmtsInitIterator(transaction, RPMDBI_PACKAGES, nullptr, 0));
  while (Header header = rpmdbNextIterator(iterator.get())) {
    model::Nevra nevra = nevra_of(header);
    if (!nevra.is_key()) packages.push_back(std::move(nevra));
  }
  std::ranges::sort(packages);
  return packages;
}

void require_same_packages(const std::vector<model::Nevra>& installed,
                           const std::vector<model::Nevra>& kept, const model::PackageSet& set) {
  std::vector<model::Nevra> wanted = kept;
  for (const model::PackageFile& file : set.files)
    wanted.push_back(file.package.nevra);
  std::ranges::sort(wanted);
  if (wanted == installed) return;
  base::Diagnostic diagnostic;
  diagnostic.code = "install.database-mismatch";
  diagnostic.message = "the packages in the image are not the packages of the lock";
  const auto describe = [&](const auto& left, const auto& right, const char* text) {
    std::vector<model::Nevra> only;
    std::ranges::set_difference(left, right, std::back_inserter(only));
    for (const model::Nevra& nevra : only)
      diagnostic.context.push_back(fmt::format("while {} {}", nevra.to_string(), text));
  };
  describe(wanted, installed, "is missing");
  describe(installed, wanted, "is not wanted");
  if (kept.empty()) diagnostic.hint = "install into an empty root";
  throw base::Error(base::FailureKind::build, std::move(diagnostic));
}

void settle_database(const fs::RootDir& root, const std::string& directory) {
  const std::string path = directory + "/rpmdb.sqlite";
  const auto log = root.find_status(path + "-wal");
  // librpm empties it when it ends, unless a script took the database away from below it.
  if (log && log->size != 0) {
    throw base::Error(base::FailureKind::build, "install.database-mismatch",
                      "the package database of the image was damaged while packages were installed",
                      "a scriptlet writes to it: report it to whoever builds the packages");
  }
  root.remove(path + "-wal");
  root.remove(path + "-shm");
  // "Database File Format" of SQLite, section 1.3.3: bytes 18 and 19 are 2 when a write-ahead log
  // is used, 1 otherwise. Without the log's files only a database of the second kind can be read by
  // users who cannot create them. librpm switches the log on again when it writes.
  const fs::UniqueFd file = root.open_file(path, fs::FileAccess::changing);
  constexpr std::array<std::byte, 2> plain{std::byte{1}, std::byte{1}};
  fs::write_exactly(file.get(), plain, 18, path);
}

} // namespace imagewright::install
