// SPDX-License-Identifier: MIT
#include "given_files.hpp"

#include <algorithm>

#include <fcntl.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/paths.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/kept_paths.hpp>

namespace imagewright::finalize {

bool is_given(const std::vector<GivenFile>& given, std::string_view path) {
  return std::ranges::find(given, path, &GivenFile::path) != given.end();
}

void write_unless_given(const fs::RootDir& files, const std::vector<GivenFile>& given,
                        const std::string& path, std::string_view content, mode_t permissions) {
  if (!is_given(given, path) || !files.exists(path)) files.write(path, content, permissions);
}

namespace {

/// Where links lead the file.
std::string place_of(const fs::RootDir& files, const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string parent = path.substr(0, std::max<std::size_t>(slash, 1));
  return files.real_path(files.open(parent, O_PATH)) + path.substr(slash);
}

/// The filesystem on which a place lies: that of the longest mount point above it.
const model::Filesystem* filesystem_of(const model::DiskLayout& layout, const std::string& place) {
  const model::Filesystem* found = nullptr;
  for (const model::Partition& partition : layout.partitions) {
    const auto& filesystem = partition.filesystem;
    if (!filesystem || filesystem->mount_point.empty()) continue;
    const bool is_nearer =
        found == nullptr || filesystem->mount_point.size() > found->mount_point.size();
    if (is_nearer && base::is_at_or_below(place, filesystem->mount_point)) found = &*filesystem;
  }
  return found;
}

std::string told(const std::string& place, const std::string& path) {
  return base::quoted(path) + (place == path ? "" : ", which is " + base::quoted(place) + ",");
}

} // namespace

void require_no_database(const fs::RootDir& files, const GivenFile& file,
                         const std::string& database) {
  const std::string place = place_of(files, file.path);
  const auto known = model::package_databases();
  const bool is_of_database =
      base::is_at_or_below(place, database) ||
      std::ranges::any_of(known, [&](auto each) { return base::is_at_or_below(place, each); });
  if (!is_of_database) return;
  throw base::Error(base::FailureKind::input,
                    {.code = "finalize.package-database",
                     .message = told(place, file.path) +
                                " is of the database of packages, which rpm alone writes",
                     .where = file.where,
                     .hint = "put it elsewhere, or install a package"});
}

std::vector<base::Diagnostic> warn_of_lost_permissions(const fs::RootDir& files,
                                                       const model::DiskLayout& layout,
                                                       const GivenFile& file) {
  const std::string place = place_of(files, file.path);
  const model::Filesystem* filesystem = filesystem_of(layout, place);
  if (filesystem == nullptr || filesystem->type != model::FilesystemType::fat32) return {};
  return {{.severity = base::Severity::warning,
           .code = "finalize.no-permissions",
           .message = told(place, file.path) +
                      " lies on a FAT filesystem, which keeps neither permissions nor owners",
           .where = file.where,
           .hint = "leave them out: the options of its mount say them for all of it"}};
}

void require_kept(const fs::RootDir& files, const GivenFile& file,
                  const model::ScriptsConfig& scripts) {
  const std::string place = place_of(files, file.path);
  const auto directory = model::emptied_directory_of(place);
  if (directory.empty() || model::is_of_use_to_scripts(directory, scripts)) return;
  throw base::Error(base::FailureKind::input,
                    {.code = "finalize.file-not-kept",
                     .message = told(place, file.path) + " would not be in the image: " +
                                base::quoted(directory) + " is empty in it",
                     .where = file.where,
                     .hint = "put it elsewhere, or let tmpfiles.d(5) make it at boot"});
}

GivenBootFiles::GivenBootFiles(const fs::RootDir& files, const std::vector<GivenFile>& given)
    : files_(files) {
  for (const auto& file : given) {
    const bool is_of_boot_chain = file.path.starts_with("/boot/") || file.path.starts_with("/efi/");
    if (!is_of_boot_chain) continue;
    if (auto content = files.find_content(file.path))
      boot_files_.push_back({file, std::move(*content)});
  }
}

void GivenBootFiles::require_untouched() const {
  for (const auto& [given, content] : boot_files_) {
    if (files_.find_content(given.path) == content) continue;
    throw base::Error(base::FailureKind::input,
                      {.code = "finalize.file-overwritten",
                       .message = "the file " + base::quoted(given.path) +
                                  " of the config is what the boot loader's set-up writes",
                       .where = given.where,
                       .hint = "leave it out, or write it in scripts.finalizeCustomization"});
  }
}

} // namespace imagewright::finalize
