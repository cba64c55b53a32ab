// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>

#include "../boot_paths.hpp"
#include "../given_files.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

namespace files = std::filesystem;

struct Input {
  const std::vector<model::AdditionalDirectory>& directories;
  const model::ScriptsConfig& scripts;
  const std::string& database;
};

std::vector<files::directory_entry> sorted_entries(const files::path& directory) {
  std::vector<files::directory_entry> entries;
  for (const auto& entry : files::directory_iterator(directory))
    entries.push_back(entry);
  std::ranges::sort(entries, {},
                    [](const auto& entry) { return entry.path().filename().string(); });
  return entries;
}

void make_directory(root::WorkRoot& root, const model::AdditionalDirectory& wish,
                    const std::string& path) {
  if (const auto status = root.files().find_target_status(path)) {
    if (status->type != fs::FileType::directory) {
      throw base::Error(base::FailureKind::input,
                        {.code = "fs.root-access",
                         .message = base::quoted(path) + " is there, and no directory",
                         .where = wish.where,
                         .hint = {}});
    }
    if (wish.merged_directory_permissions) {
      root.files().set_permissions(path, *wish.merged_directory_permissions);
    }
    return;
  }
  root.files().make_directories(path, wish.new_directory_permissions);
  root.own(path, 0, 0);
}

void copy_tree(const Input& input, root::WorkRoot& root, const model::AdditionalDirectory& wish,
               const files::path& source, const std::string& destination, StepYield& yield) {
  make_directory(root, wish, destination);
  for (const auto& entry : sorted_entries(source)) {
    const std::string path = name_on_esp(root.files(), (destination == "/" ? "" : destination) +
                                                           "/" + entry.path().filename().string());
    require_kept(root.files(), {path, wish.where}, input.scripts);
    if (entry.is_symlink() || !entry.is_directory())
      require_no_database(root.files(), {path, wish.where}, input.database);
    if (entry.is_symlink()) {
      root.files().make_symlink(path, files::read_symlink(entry.path()).string());
    } else if (entry.is_directory()) {
      copy_tree(input, root, wish, entry.path(), path, yield);
      continue;
    } else if (entry.is_regular_file()) {
      root.files().write(path, fs::read_file(entry.path()), wish.child_file_permissions);
      yield.given_files.push_back({path, wish.where});
    } else {
      throw base::Error(base::FailureKind::input,
                        {.code = "finalize.special-file",
                         .message = base::quoted(entry.path().string()) +
                                    " is neither a file, a directory nor a link",
                         .where = wish.where,
                         .hint = "remove it from the directory"});
    }
    root.own(path, 0, 0);
  }
}

StepYield add_directories(const Input& input, root::WorkRoot& root) {
  StepYield yield;
  for (const auto& directory : input.directories) {
    at_place_of(directory.where, [&] {
      copy_tree(input, root, directory, directory.source, directory.destination, yield);
    });
  }
  return yield;
}

} // namespace

constinit const Step added_directories{
    "added-directories", AppliesTo::both,
    k_run<add_directories, &model::OsConfig::additional_directories, &FinalizePlan::scripts,
          &FinalizePlan::rpm_database_path>};

} // namespace imagewright::finalize::steps
