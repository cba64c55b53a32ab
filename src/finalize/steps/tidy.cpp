// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/paths.hpp>
#include <imagewright/model/kept_paths.hpp>

#include "../given_files.hpp"
#include "../leftover.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

struct Input {
  const std::vector<GivenFile>& given_files;
  const std::string& rpm_database_path;
};

/// All but what the config put there.
void remove_below(const fs::RootDir& root, const std::vector<GivenFile>& given,
                  const std::string& path) {
  if (is_given(given, path)) return;
  const bool holds_given = std::ranges::any_of(
      given, [&](const GivenFile& file) { return base::is_below(file.path, path); });
  if (!holds_given) {
    root.remove_tree(path);
    return;
  }
  for (const auto& name : root.list(path))
    remove_below(root, given, path + "/" + name);
}

/// Directories and links are packages'; only what was written there goes.
void remove_leftover(const fs::RootDir& root, const std::vector<GivenFile>& given,
                     const std::string& path) {
  const auto status = root.find_status(path);
  if (!status || is_given(given, path)) return;
  if (status->type != fs::FileType::directory) return remove_written_file(root, path);
  for (const auto& name : root.list(path))
    remove_below(root, given, path + "/" + name);
}

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
  for (const auto path : leftovers())
    remove_leftover(files, input.given_files, std::string(path));
  for (const auto directory : model::scratch_directories())
    empty_directory(files, directory);
  remove_database_helpers(files, input.rpm_database_path);
  return {};
}

} // namespace

constinit const Step tidy{
    "tidy", AppliesTo::composed,
    k_run<remove_leftovers, &Findings::given_files, &FinalizePlan::rpm_database_path>};

} // namespace imagewright::finalize::steps
