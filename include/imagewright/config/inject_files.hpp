// SPDX-License-Identifier: MIT
#pragma once

// Lists of files to put back into an image (inject-files.yaml): what an image's build writes beside
// the files that are taken away for signing.

#include <filesystem>
#include <string_view>
#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/config/load.hpp>
#include <imagewright/model/injected_file.hpp>

namespace imagewright::config {

/// Whether a text is meant as such a list: it has the key "injectFiles" and no key that only image
/// configs have; or it is called inject-files.yaml, and no key tells otherwise.
bool is_inject_files(std::string_view text, const std::filesystem::path& path);

/// The mistakes in such a list, in file order. Relative paths in it start at the directory of
/// `path`.
base::Diagnostics check_inject_files(std::string_view text, const std::filesystem::path& path,
                                     const LoadOptions& options = {});

/// The files of a list, in its order. Throws base::InputError with every mistake in it, and
/// base::Error (fs.cannot-read).
std::vector<model::InjectedFile> load_inject_files(const std::filesystem::path& path);

} // namespace imagewright::config
