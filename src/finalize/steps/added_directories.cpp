// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>

#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

namespace files = std::filesystem;

std::vector<files::directory_entry> sorted_entries(const files::path& directory) {
  std::vector<files::directory_entry> entries;
  for (const auto& entry : files::directory_iterator(directory))
    entries.push_back(entry);
  std::ranges::sort(entries, {},
                    [](const auto& entry) { return entry.path().filename().string(); });
  return entries;
}

void make_directory(const Context& context, const model::AdditionalDirectory& wish,
                    const std::string& path) {
  if (context.root.exists(path)) {
    if (wish.merged_directory_permissions) {
      context.root.set_permissions(path, *wish.merged_directory_permissions);
    }
    return;
  }
  context.root.make_directories(path, wish.new_directory_permissions);
  own(context, path, 0, 0);
}

void copy_tree(const Context& context, const model::AdditionalDirectory& wish,
               const files::path& source, const std::string& destination) {
  make_directory(context, wish, destination);
  for (const auto& entry : sorted_entries(source)) {
    const std::string path = destination + "/" + entry.path().filename().string();
    if (entry.is_symlink()) {
      context.root.make_symlink(path, files::read_symlink(entry.path()).string());
    } else if (entry.is_directory()) {
      copy_tree(context, wish, entry.path(), path);
      continue;
    } else if (entry.is_regular_file()) {
      context.root.write(path, fs::read_file(entry.path()), wish.child_file_permissions);
    } else {
      throw base::Error(base::FailureKind::input,
                        {.code = "finalize.special-file",
                         .message = base::quoted(entry.path().string()) +
                                    " is neither a file, a directory nor a link",
                         .where = wish.where,
                         .hint = "remove it from the directory"});
    }
    own(context, path, 0, 0);
  }
}

} // namespace

void added_directories(const Context& context) {
  for (const auto& directory : context.plan.os.additional_directories) {
    copy_tree(context, directory, directory.source, directory.destination);
  }
}

} // namespace imagewright::finalize::steps
