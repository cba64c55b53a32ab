// SPDX-License-Identifier: MIT
#include "database.hpp"

#include <algorithm>
#include <charconv>

#include <fcntl.h>

#include <imagewright/base/text.hpp>

namespace imagewright::finalize {
namespace {

constexpr auto k_passwd = "/etc/passwd";
constexpr auto k_shadow = "/etc/shadow";
constexpr auto k_group = "/etc/group";
constexpr auto k_gshadow = "/etc/gshadow";

constexpr std::uint32_t k_first_id = 1000;
constexpr std::uint32_t k_last_id = 60000;

std::string text_of(const fs::RootDir& root, const char* path) {
  return root.find_content(path).value_or("");
}

std::string days(base::Epoch epoch) {
  return std::to_string(std::chrono::floor<std::chrono::days>(epoch).time_since_epoch().count());
}

std::uint32_t number(const std::string& text) {
  std::uint32_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

void store_table(const fs::RootDir& root, const char* path, const AccountTable& table,
                 mode_t usual_permissions) {
  const auto status = root.find_target_status(path);
  if (!status) {
    root.write(path, table.to_text(), usual_permissions);
    return;
  }
  // Where a distribution keeps its tables behind links, they stay there.
  root.write(root.real_path(root.open(path, O_PATH)), table.to_text(), status->permissions);
}

/// Appends a name to a list with commas unless it is in there.
void add_to_list(std::string& list, const std::string& name) {
  const auto names = base::split(list, ',');
  if (std::ranges::find(names, name) != names.end()) return;
  list += (list.empty() ? "" : ",") + name;
}

} // namespace

AccountDatabase::AccountDatabase(const fs::RootDir& root)
    : users_(text_of(root, k_passwd), 7), shadow_(text_of(root, k_shadow), 9),
      groups_(text_of(root, k_group), 4), group_shadow_(text_of(root, k_gshadow), 4),
      default_shell_(root.exists("/bin/bash") ? "/bin/bash" : "/bin/sh") {}

std::uint32_t AccountDatabase::free_id() const {
  for (auto id = k_first_id; id <= k_last_id; ++id) {
    const auto text = std::to_string(id);
    if (users_.find_by(2, text) == nullptr && groups_.find_by(2, text) == nullptr) return id;
  }
  return k_last_id + 1;
}

std::optional<std::string> AccountDatabase::find_group_id(const std::string& name) const {
  const auto* row = groups_.find(name);
  if (row == nullptr) return std::nullopt;
  return (*row)[2];
}

Refusal AccountDatabase::add_group(const std::string& name, std::optional<gid_t> id) {
  if (const auto known = find_group_id(name)) {
    if (!id || *known == std::to_string(*id)) return std::nullopt;
    return "group " + base::quoted(name) + " exists with id " + *known;
  }
  const auto text = std::to_string(id ? *id : free_id());
  if (const auto* other = groups_.find_by(2, text)) {
    return "id " + text + " belongs to group " + base::quoted(other->front());
  }
  groups_.add({name, "x", text, ""});
  group_shadow_.add({name, "!", "", ""});
  return std::nullopt;
}

Refusal AccountDatabase::put_user(const UserRecord& record, base::Epoch epoch) {
  return users_.find(record.name) == nullptr ? add_user(record, epoch) : change_user(record, epoch);
}

Refusal AccountDatabase::add_user(const UserRecord& record, base::Epoch epoch) {
  const auto id = std::to_string(record.id ? *record.id : free_id());
  if (const auto* other = users_.find_by(2, id)) {
    return "id " + id + " belongs to user " + base::quoted(other->front());
  }
  if (!record.group && !find_group_id(record.name)) {
    // The group has the user's id, when that is free.
    const bool is_free = groups_.find_by(2, id) == nullptr;
    if (auto refusal = add_group(record.name, is_free ? number(id) : free_id())) return refusal;
  }
  const auto group = find_group_id(record.group.value_or(record.name));
  if (!group) return "there is no group " + base::quoted(*record.group);
  users_.add({record.name, "x", id, *group, "", record.home.value_or("/home/" + record.name),
              record.shell.value_or(default_shell_)});
  shadow_.add({record.name, record.password_hash.value_or("!"), days(epoch), "0", "99999", "7", "",
               "", ""});
  return std::nullopt;
}

Refusal AccountDatabase::change_user(const UserRecord& record, base::Epoch epoch) {
  auto& row = *users_.find(record.name);
  if (record.id && row[2] != std::to_string(*record.id)) {
    return "user " + base::quoted(record.name) + " exists with id " + row[2];
  }
  if (record.home && row[5] != *record.home) {
    return "user " + base::quoted(record.name) + " exists with home directory " +
           base::quoted(row[5]);
  }
  if (record.group) {
    const auto group = find_group_id(*record.group);
    if (!group) return "there is no group " + base::quoted(*record.group);
    row[3] = *group;
  }
  if (record.shell) row[6] = *record.shell;
  if (record.password_hash) set_password(record.name, *record.password_hash, epoch);
  return std::nullopt;
}

void AccountDatabase::set_password(const std::string& user, const std::string& hash,
                                   base::Epoch epoch) {
  (*users_.find(user))[1] = "x";
  if (auto* row = shadow_.find(user)) {
    (*row)[1] = hash;
    (*row)[2] = days(epoch);
    return;
  }
  shadow_.add({user, hash, days(epoch), "0", "99999", "7", "", "", ""});
}

Refusal AccountDatabase::add_member(const std::string& group, const std::string& user) {
  auto* row = groups_.find(group);
  if (row == nullptr) return "there is no group " + base::quoted(group);
  add_to_list((*row)[3], user);
  if (auto* shadow = group_shadow_.find(group)) add_to_list((*shadow)[3], user);
  return std::nullopt;
}

void AccountDatabase::set_password_expiry(const std::string& user, std::int32_t day_count) {
  if (auto* row = shadow_.find(user)) {
    (*row)[4] = day_count < 0 ? "" : std::to_string(day_count);
  }
}

std::optional<KnownUser> AccountDatabase::find_user(const std::string& name) const {
  const auto* row = users_.find(name);
  if (row == nullptr) return std::nullopt;
  return KnownUser{
      .name = name, .id = number((*row)[2]), .group = number((*row)[3]), .home = (*row)[5]};
}

void AccountDatabase::store(const fs::RootDir& root) const {
  store_table(root, k_passwd, users_, 0644);
  store_table(root, k_group, groups_, 0644);
  store_table(root, k_shadow, shadow_, 0600);
  store_table(root, k_gshadow, group_shadow_, 0600);
}

} // namespace imagewright::finalize
