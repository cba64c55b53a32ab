// SPDX-License-Identifier: MIT
#pragma once

// Files of the config at paths that this program writes to, too.

#include <string>
#include <string_view>
#include <vector>

#include "step.hpp"

namespace imagewright::finalize {

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
