// SPDX-License-Identifier: MIT
#include <string>
#include <string_view>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/root_dir.hpp>
#include <imagewright/tree/file_contexts.hpp>

namespace imagewright::tree {

namespace {

/// The value of KEY=value in /etc/selinux/config (selinux_config(5)); empty when it is not set.
std::string setting(const std::string& config, std::string_view key) {
  for (const std::string& line : base::split(config, '\n')) {
    const std::string_view text = base::trimmed(line);
    if (text.starts_with(key) && text.substr(key.size()).starts_with('=')) {
      return std::string(base::trimmed(text.substr(key.size() + 1)));
    }
  }
  return {};
}

} // namespace

std::optional<std::filesystem::path> find_file_contexts(const std::filesystem::path& root,
                                                        model::FileLabels labels) {
  if (labels == model::FileLabels::none) return std::nullopt;
  const bool is_required = labels == model::FileLabels::required;
  const fs::RootDir directory(root);
  const std::string config = directory.find_content("/etc/selinux/config").value_or("");
  const std::string type = setting(config, "SELINUXTYPE");
  const std::string path = "/etc/selinux/" + type + "/contexts/files/file_contexts";
  const bool is_disabled = setting(config, "SELINUX") == "disabled";
  if (!type.empty() && directory.exists(path) && (is_required || !is_disabled)) return path;
  if (!is_required) return std::nullopt;
  throw base::Error(base::FailureKind::build, "pipeline.no-selinux-policy",
                    "SELinux is on, and the image has no policy to label its files by",
                    "add the release's SELinux policy package (role selinux-policy)");
}

} // namespace imagewright::tree
