// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cctype>
#include <string>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/key_value.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/root_dir.hpp>
#include <imagewright/tree/file_contexts.hpp>

namespace imagewright::tree {

namespace {

/// The type becomes a part of a path.
void require_word(const std::string& type) {
  const bool has_only_such = std::ranges::all_of(type, [](unsigned char letter) {
    return (std::isalnum(letter) != 0 && letter < 0x80) || letter == '_' || letter == '-' ||
           letter == '.';
  });
  if (has_only_such && !type.starts_with('.')) return;
  throw base::Error(base::FailureKind::build, "tree.odd-policy-type",
                    fmt::format("SELINUXTYPE of /etc/selinux/config is {}, which is no name of a "
                                "policy",
                                base::quoted(type)),
                    "see which package or script wrote that file");
}

} // namespace

std::optional<std::filesystem::path> find_file_contexts(const fs::RootDir& root,
                                                        model::FileLabels labels) {
  if (labels == model::FileLabels::none) return std::nullopt;
  const bool is_required = labels == model::FileLabels::required;
  const std::string config = root.find_content("/etc/selinux/config").value_or("");
  const std::string type = base::find_value(config, "SELINUXTYPE").value_or("");
  require_word(type);
  const std::string path = "/etc/selinux/" + type + "/contexts/files/file_contexts";
  const bool is_disabled = base::find_value(config, "SELINUX") == "disabled";
  if (!type.empty() && root.exists(path) && (is_required || !is_disabled)) return path;
  if (!is_required) return std::nullopt;
  throw base::Error(base::FailureKind::build, "pipeline.no-selinux-policy",
                    "SELinux is on, and the image has no policy to label its files by",
                    "add the release's SELinux policy package (role selinux-policy)");
}

} // namespace imagewright::tree
