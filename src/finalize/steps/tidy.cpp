// SPDX-License-Identifier: MIT
#include <array>
#include <string>
#include <string_view>

#include <imagewright/model/kept_paths.hpp>

#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

struct Input {
  const std::string& rpm_database_path;
};

/// What the making of the image left behind: different on every run, and of no use to a node.
constexpr std::array<std::string_view, 9> k_leftovers{"/var/cache/ldconfig/aux-cache",
                                                      "/var/cache/dnf",
                                                      "/var/cache/libdnf5",
                                                      "/var/cache/tdnf",
                                                      "/var/cache/yum",
                                                      "/var/log/dracut.log",
                                                      "/var/log/dnf.log",
                                                      "/var/log/tdnf.log",
                                                      "/var/log/hawkey.log"};

void empty_directory(const fs::RootDir& root, std::string_view directory) {
  for (const auto& name : root.list(directory))
    root.remove_tree(std::string(directory) + "/" + name);
}

/// SQLite's helpers of the package database. A log with content is part of the database.
void remove_database_helpers(const fs::RootDir& root, const std::string& directory) {
  const auto database = directory + "/rpmdb.sqlite";
  const auto log = root.find_status(database + "-wal");
  if (!log || log->size == 0) {
    root.remove(database + "-wal");
    root.remove(database + "-shm");
  }
  root.remove(directory + "/.rpm.lock");
}

StepYield remove_leftovers(const Input& input, root::WorkRoot& root) {
  const fs::RootDir& files = root.files();
  for (const auto path : k_leftovers)
    files.remove_tree(path);
  for (const auto directory : model::scratch_directories())
    empty_directory(files, directory);
  remove_database_helpers(files, input.rpm_database_path);
  return {};
}

} // namespace

constinit const Step tidy{"tidy", AppliesTo::both,
                          k_run<remove_leftovers, &FinalizePlan::rpm_database_path>};

} // namespace imagewright::finalize::steps
