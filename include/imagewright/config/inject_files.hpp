// SPDX-License-Identifier: MIT
#pragma once

// Lists of files to put back into an image (inject-files.yaml): what an image's build writes beside
// the files that are taken away for signing.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/base/source_location.hpp>
#include <imagewright/config/load.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/model/located.hpp>

namespace imagewright::config {

/// Whether a text is meant as such a list: it has the key "injectFiles" and no key that only image
/// configs have; or it is called inject-files.yaml, and no key tells otherwise.
bool is_inject_files(std::string_view text, const std::filesystem::path& path);

/// The mistakes in such a list, in file order. Relative paths in it start at the directory of
/// `path`.
base::Diagnostics check_inject_files(std::string_view text, const std::filesystem::path& path,
                                     const LoadOptions& options = {});

/// One file of such a list.
struct InjectedFile {
  model::MountIdentifier partition_kind = model::MountIdentifier::part_uuid;
  model::LocatedText partition;
  std::filesystem::path source;
  std::string destination; ///< from the top of the partition
  base::SourceLocation where;

  bool operator==(const InjectedFile&) const = default;
};

/// The files of a list, in its order. Throws base::InputError with every mistake in it, and
/// base::Error (fs.cannot-read).
std::vector<InjectedFile> load_inject_files(const std::filesystem::path& path);

} // namespace imagewright::config
