// SPDX-License-Identifier: MIT
#pragma once

// Files of the config at paths that this program writes to, too.

#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/error.hpp>

#include "step.hpp"

namespace imagewright::finalize {

/// Does a piece of work for something of the config; what stands in its way in the root is told at
/// its place, and so is what else is wrong with it.
template <typename Work>
auto at_place_of(const base::SourceLocation& where, const Work& work) {
  try {
    return work();
  } catch (const base::Error& error) {
    base::Diagnostic told = error.diagnostic();
    const bool is_in_the_way = told.code == "fs.root-access";
    if (!told.where) told.where = where;
    if (!is_in_the_way) throw base::Error(error.kind(), told);
    told.hint = "choose another destination, or leave out what stands in the way";
    throw base::Error(base::FailureKind::input, told);
  }
}

/// Whether the path is one of those that the config has given.
bool is_given(const std::vector<GivenFile>& given, std::string_view path);

/// Writes the file unless the config has given it: then the config's stays.
void write_unless_given(const fs::RootDir& files, const std::vector<GivenFile>& given,
                        const std::string& path, std::string_view content, mode_t permissions);

/// Throws base::Error (finalize.file-not-kept) where links lead the file to a place that is empty
/// in an image. What scripts of the config may need on their way is let pass.
void require_kept(const fs::RootDir& files, const GivenFile& file,
                  const model::ScriptsConfig& scripts);

/// Throws base::Error (finalize.package-database) where the file is, or links lead it, below the
/// database of packages.
void require_no_database(const fs::RootDir& files, const GivenFile& file,
                         const std::string& database);

/// A warning where the path lies on FAT, which keeps neither permissions nor owners.
std::vector<base::Diagnostic> warn_of_lost_permissions(const fs::RootDir& files,
                                                       const model::DiskLayout& layout,
                                                       const GivenFile& file);

/// The config's files of the boot chain as they are now. What is made of kernels and command line
/// cannot be the config's.
class GivenBootFiles {
public:
  GivenBootFiles(const fs::RootDir& files, const std::vector<GivenFile>& given);

  /// Throws base::Error (finalize.file-overwritten) when one of them is not what it was.
  void require_untouched() const;

private:
  struct File {
    GivenFile given;
    std::string content;
  };

  const fs::RootDir& files_;
  std::vector<File> boot_files_;
};

} // namespace imagewright::finalize
