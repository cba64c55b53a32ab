// SPDX-License-Identifier: MIT
#include "given_files.hpp"

#include <algorithm>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::finalize {

void write_unless_given(const fs::RootDir& files, const std::vector<GivenFile>& given,
                        const std::string& path, std::string_view content, mode_t permissions) {
  const bool is_given = std::ranges::find(given, path, &GivenFile::path) != given.end();
  if (!is_given || !files.exists(path)) files.write(path, content, permissions);
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
