// SPDX-License-Identifier: MIT
#include <string>

#include <imagewright/base/error.hpp>
#include <imagewright/base/key_value.hpp>
#include <imagewright/fs/root_dir.hpp>
#include <imagewright/tree/file_contexts.hpp>

namespace imagewright::tree {

std::optional<std::filesystem::path> find_file_contexts(const std::filesystem::path& root,
                                                        model::FileLabels labels) {
  if (labels == model::FileLabels::none) return std::nullopt;
  const bool is_required = labels == model::FileLabels::required;
  const fs::RootDir directory(root);
  const std::string config = directory.find_content("/etc/selinux/config").value_or("");
  const std::string type = base::find_value(config, "SELINUXTYPE").value_or("");
  const std::string path = "/etc/selinux/" + type + "/contexts/files/file_contexts";
  const bool is_disabled = base::find_value(config, "SELINUX") == "disabled";
  if (!type.empty() && directory.exists(path) && (is_required || !is_disabled)) return path;
  if (!is_required) return std::nullopt;
  throw base::Error(base::FailureKind::build, "pipeline.no-selinux-policy",
                    "SELinux is on, and the image has no policy to label its files by",
                    "add the release's SELinux policy package (role selinux-policy)");
}

} // namespace imagewright::tree
