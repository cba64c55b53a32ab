// SPDX-License-Identifier: MIT
#include "config/bind/bind.hpp"

namespace imagewright::config {

namespace {

using model::PasswordType;

std::optional<model::PasswordConfig> bind_password(const Reader& user) {
  const auto reader = user.mapping("password");
  const auto type = reader ? reader->word<PasswordType>("type") : std::nullopt;
  if (!type) return std::nullopt;
  model::PasswordConfig password{.type = type->value, .where = type->where};
  const bool is_file =
      type->value == PasswordType::plain_text_file || type->value == PasswordType::hashed_file;
  const auto value = reader->text("value");
  password.value_where = value ? value->where : type->where;
  if (is_file) {
    password.file = reader->path("value").value_or(std::filesystem::path());
  } else {
    password.value = value ? value->text : "";
  }
  return password;
}

} // namespace

std::vector<model::GroupConfig> bind_groups(const Reader& os) {
  std::vector<model::GroupConfig> groups;
  for (const Reader& reader : os.mappings("groups")) {
    model::GroupConfig group{.name = reader.text_or("name", ""), .where = reader.where()};
    if (const auto gid = reader.integer("gid")) group.gid = static_cast<gid_t>(gid->value);
    groups.push_back(std::move(group));
  }
  return groups;
}

std::vector<model::UserConfig> bind_users(const Reader& os) {
  std::vector<model::UserConfig> users;
  for (const Reader& reader : os.mappings("users")) {
    model::UserConfig user;
    user.name = reader.text_or("name", "");
    if (const auto uid = reader.integer("uid")) user.uid = static_cast<uid_t>(uid->value);
    user.password = bind_password(reader);
    if (const auto days = reader.integer("passwordExpiresDays")) {
      user.password_expires_days = static_cast<std::int32_t>(days->value);
    }
    user.ssh_public_key_files = reader.paths("sshPublicKeyPaths");
    user.ssh_public_keys = reader.plain_texts("sshPublicKeys");
    user.primary_group = reader.text("primaryGroup");
    user.secondary_groups = reader.texts("secondaryGroups");
    user.startup_command = reader.text("startupCommand");
    user.home_directory = reader.text("homeDirectory");
    user.where = reader.where();
    users.push_back(std::move(user));
  }
  return users;
}

} // namespace imagewright::config
