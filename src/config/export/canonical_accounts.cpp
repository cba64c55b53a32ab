// SPDX-License-Identifier: MIT
#include <utility>

#include <imagewright/base/secret_words.hpp>

#include "config/export/canonical_sections.hpp"

namespace imagewright::config {

namespace {

Section written(Section section, const model::PasswordConfig& password) {
  const auto& [type, value, file, where, value_where] = password;
  section.put_word("type", std::optional(type));
  if (!file.empty()) {
    section.put_path("value", file);
  } else if (!value.empty()) {
    // As a hash it is one that no password has.
    section.put("value",
                section.context().secrets == Secrets::shown ? value : std::string(base::k_mask));
  }
  return section;
}

Section written(Section section, const model::UserConfig& user) {
  const auto& [name, uid, password, password_expires_days, ssh_public_key_files, ssh_public_keys,
               primary_group, secondary_groups, startup_command, home_directory, where] = user;
  section.put_text("name", name);
  if (uid) section.put("uid", std::int64_t{*uid});
  if (password) section.put_section("password", written(section.inside("password"), *password));
  if (password_expires_days) section.put("passwordExpiresDays", *password_expires_days);
  std::vector<std::string> files;
  for (const auto& [file, place] : ssh_public_key_files)
    files.push_back(written_path(file, section.context().directory));
  section.put_texts("sshPublicKeyPaths", files);
  section.put_texts("sshPublicKeys", ssh_public_keys);
  section.put_text("primaryGroup", primary_group);
  section.put_texts("secondaryGroups", secondary_groups);
  section.put_text("startupCommand", startup_command);
  section.put_text("homeDirectory", home_directory);
  return section;
}

} // namespace

void put_accounts(Section& os, const std::vector<model::GroupConfig>& groups,
                  const std::vector<model::UserConfig>& users) {
  json::Array group_items;
  for (const auto& [name, gid, where] : groups) {
    Section item = os.inside("groups");
    item.put_text("name", name);
    if (gid) item.put("gid", std::int64_t{*gid});
    group_items.emplace_back(item.object());
  }
  os.put_list("groups", std::move(group_items));
  json::Array user_items;
  for (const model::UserConfig& each : users)
    user_items.emplace_back(written(os.inside("users"), each).object());
  os.put_list("users", std::move(user_items));
}

} // namespace imagewright::config
