// SPDX-License-Identifier: MIT
#include "hidden_files.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/inspect/fstab.hpp>

namespace imagewright::pipeline {

namespace {

bool hides(const inspect::FstabLine& line, const model::DiskLayout& layout) {
  const std::vector<std::string> options = base::split(line.options, ',');
  // Somebody mounts it when it is needed, or nobody does.
  if (std::ranges::find(options, "noauto") != options.end()) return false;
  // What is laid over a directory shows what is in it.
  if (line.type == "overlay" || line.source == line.mount_point) return false;
  return line.mount_point != "/" && layout.find_mount(line.mount_point) == nullptr;
}

/// What is as the base has it was hidden there, too.
bool is_new_file(const tree::Inode& inode) {
  return inode.type == fs::FileType::regular && !inode.distant;
}

} // namespace

void warn_of_hidden_files(const tree::RootTree& tree, const fs::RootDir& files,
                          const model::DiskLayout& layout, report::Reporter& reporter) {
  const auto fstab = files.find_content("/etc/fstab");
  if (!fstab) return;
  for (const inspect::FstabLine& line : inspect::parse_fstab(*fstab)) {
    if (!hides(line, layout)) continue;
    std::vector<std::string> hidden;
    for (const tree::Entry& entry : tree.entries) {
      if (entry.path.starts_with(line.mount_point + "/") && is_new_file(tree.inodes[entry.inode]))
        hidden.push_back(entry.path);
    }
    if (hidden.empty()) continue;
    reporter.warning(
        {.severity = base::Severity::warning,
         .code = "pipeline.hidden-files",
         .message = fmt::format(
             "{} is below {}, where /etc/fstab of the image mounts {}{}",
             base::quoted(hidden.front()), line.mount_point, base::quoted(line.source),
             hidden.size() == 1 ? ""
                                : fmt::format(", and so are {} files more", hidden.size() - 1)),
         .where = {},
         .hint = "put it where it comes from, or choose another directory"});
  }
}

} // namespace imagewright::pipeline
