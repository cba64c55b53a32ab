// SPDX-License-Identifier: MIT
#include "node_packages.hpp"

#include <algorithm>
#include <utility>

#include <imagewright/base/error.hpp>
#include <imagewright/inspect/sqlite_log.hpp>

namespace imagewright::drift {

namespace {

constexpr base::ByteSize k_largest_database = base::ByteSize::gib(1);

/// What was signed, and nothing that the database has beside it. Nothing when nobody signed.
std::optional<inspect::PackageHeader> vouched_part(const inspect::PackageHeader& header,
                                                   const KeyRing& keys) {
  const auto bytes = header.signed_bytes();
  if (!bytes) return std::nullopt;
  for (const std::string& signature : header.signatures()) {
    // Behind the eight bytes that begin each header in a package file.
    if (keys.verifies(*bytes, signature)) return inspect::PackageHeader(bytes->substr(8));
  }
  return std::nullopt;
}

std::optional<std::vector<inspect::PackageHeader>> headers_of(const NodeTree& tree) {
  for (const std::string& path : inspect::package_database_paths()) {
    auto file = tree.read(path, k_largest_database);
    if (!file) continue;
    const std::string journal = tree.read(path + "-journal", k_largest_database).value_or("");
    if (inspect::is_hot_journal(journal)) {
      throw base::Error(base::FailureKind::verification, "inspect.corrupt-database",
                        path + " was being changed: its rollback journal is still there");
    }
    inspect::apply_write_ahead_log(*file,
                                   tree.read(path + "-wal", k_largest_database).value_or(""));
    return inspect::read_package_headers(*file);
  }
  return std::nullopt;
}

} // namespace

NodePackages read_packages(const NodeTree& tree, const KeyRing& keys,
                           const std::function<bool(const model::Nevra&)>& wants_files) {
  NodePackages result;
  try {
    const auto headers = headers_of(tree);
    if (!headers) {
      result.complaint = "there is no package database that can be read";
      return result;
    }
    for (const inspect::PackageHeader& header : *headers) {
      const auto vouched = vouched_part(header, keys);
      NodePackage package{.nevra = (vouched ? *vouched : header).nevra(),
                          .is_vouched = vouched.has_value(),
                          .files = {}};
      if (package.nevra.is_key()) continue;
      if (vouched && wants_files(package.nevra)) package.files = vouched->files();
      result.packages.push_back(std::move(package));
    }
  } catch (const base::Error& error) {
    result.packages.clear();
    result.complaint = error.diagnostic().message;
  }
  std::sort(
      result.packages.begin(), result.packages.end(),
      [](const NodePackage& left, const NodePackage& right) { return left.nevra < right.nevra; });
  return result;
}

} // namespace imagewright::drift
