// SPDX-License-Identifier: MIT
#include "home.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include <imagewright/base/text.hpp>

namespace imagewright::finalize {
namespace {

/// HOME_MODE of /etc/login.defs.
mode_t home_permissions(const fs::RootDir& files) {
  const accounts::LoginDefinitions definitions(files.find_content("/etc/login.defs").value_or(""));
  const auto text = definitions.find("HOME_MODE").value_or("0700");
  unsigned permissions = 0700;
  std::from_chars(text.data(), text.data() + text.size(), permissions, 8);
  return permissions & 0777U;
}

void copy_skeleton(root::WorkRoot& root, const accounts::KnownUser& user, const std::string& source,
                   const std::string& destination) {
  for (const auto& name : root.files().list(source)) {
    const auto from = source + "/" + name;
    const auto to = destination + "/" + name;
    const auto status = root.files().find_status(from);
    if (status->type == fs::FileType::directory) {
      root.files().make_directories(to, status->permissions);
      root.own(to, user.id, user.group);
      copy_skeleton(root, user, from, to);
    } else if (const auto target = root.files().find_link_target(from)) {
      root.files().make_symlink(to, *target);
      root.own(to, user.id, user.group);
    } else if (status->type == fs::FileType::regular) {
      root.files().write(to, root.files().read(from), status->permissions);
      root.own(to, user.id, user.group);
    }
  }
}

} // namespace

void make_home(root::WorkRoot& root, const accounts::KnownUser& user) {
  if (root.files().exists(user.home)) return;
  // A slash at the end would make the home its own parent, with the mode of one.
  const auto parent =
      std::filesystem::path("/" + user.home + "/").lexically_normal().parent_path().parent_path();
  root.files().make_directories(parent.string());
  root.files().make_directories(user.home, home_permissions(root.files()));
  root.own(user.home, user.id, user.group);
  copy_skeleton(root, user, "/etc/skel", user.home);
}

void add_ssh_keys(root::WorkRoot& root, const accounts::KnownUser& user,
                  const std::vector<std::string>& keys) {
  if (keys.empty()) return;
  const auto directory = user.home + "/.ssh";
  const auto file = directory + "/authorized_keys";
  if (!root.files().exists(directory)) {
    root.files().make_directories(directory, 0700);
    root.own(directory, user.id, user.group);
  }
  auto text = root.files().find_content(file).value_or("");
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  auto lines = base::split(text, '\n');
  for (const auto& key : keys) {
    if (std::ranges::find(lines, key) != lines.end()) continue;
    text += key + '\n';
    lines.push_back(key);
  }
  root.files().write(file, text, 0600);
  root.own(file, user.id, user.group);
}

} // namespace imagewright::finalize
