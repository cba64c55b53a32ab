// SPDX-License-Identifier: MIT
#include "home.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include <imagewright/base/text.hpp>

namespace imagewright::finalize {
namespace {

/// HOME_MODE of /etc/login.defs.
mode_t home_permissions(const fs::RootDir& root) {
  unsigned permissions = 0700;
  for (const auto& line : base::split(root.find_content("/etc/login.defs").value_or(""), '\n')) {
    const auto words = base::split_whitespace(line);
    if (words.size() < 2 || words[0] != "HOME_MODE") continue;
    std::from_chars(words[1].data(), words[1].data() + words[1].size(), permissions, 8);
  }
  return permissions & 0777U;
}

void copy_skeleton(const Context& context, const KnownUser& user, const std::string& source,
                   const std::string& destination) {
  for (const auto& name : context.root.list(source)) {
    const auto from = source + "/" + name;
    const auto to = destination + "/" + name;
    const auto status = context.root.find_status(from);
    if (status->type == fs::FileType::directory) {
      context.root.make_directories(to, status->permissions);
      own(context, to, user.id, user.group);
      copy_skeleton(context, user, from, to);
    } else if (const auto target = context.root.find_link_target(from)) {
      context.root.make_symlink(to, *target);
      own(context, to, user.id, user.group);
    } else if (status->type == fs::FileType::regular) {
      context.root.write(to, context.root.read(from), status->permissions);
      own(context, to, user.id, user.group);
    }
  }
}

} // namespace

void make_home(const Context& context, const KnownUser& user) {
  if (context.root.exists(user.home)) return;
  // A slash at the end would make the home its own parent, with the mode of one.
  const auto parent =
      std::filesystem::path("/" + user.home + "/").lexically_normal().parent_path().parent_path();
  context.root.make_directories(parent.string());
  context.root.make_directories(user.home, home_permissions(context.root));
  own(context, user.home, user.id, user.group);
  copy_skeleton(context, user, "/etc/skel", user.home);
}

void add_ssh_keys(const Context& context, const KnownUser& user,
                  const std::vector<std::string>& keys) {
  if (keys.empty()) return;
  const auto directory = user.home + "/.ssh";
  const auto file = directory + "/authorized_keys";
  if (!context.root.exists(directory)) {
    context.root.make_directories(directory, 0700);
    own(context, directory, user.id, user.group);
  }
  auto text = context.root.find_content(file).value_or("");
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  auto lines = base::split(text, '\n');
  for (const auto& key : keys) {
    if (std::ranges::find(lines, key) != lines.end()) continue;
    text += key + '\n';
    lines.push_back(key);
  }
  context.root.write(file, text, 0600);
  own(context, file, user.id, user.group);
}

} // namespace imagewright::finalize
