// SPDX-License-Identifier: MIT
#pragma once

// The accounts of a root: passwd, shadow, group and gshadow together.

#include <cstdint>
#include <optional>
#include <string>

#include <sys/types.h>

#include <imagewright/base/epoch.hpp>
#include <imagewright/fs/root_dir.hpp>

#include "table.hpp"

namespace imagewright::finalize {

/// What a new or changed user is like. Absent: as it is, or the default for a new one.
struct UserRecord {
  std::string name;
  std::optional<uid_t> id;
  std::optional<std::string> group;
  std::optional<std::string> home;
  std::optional<std::string> shell;
  std::optional<std::string> password_hash;
};

/// A user as passwd knows it.
struct KnownUser {
  std::string name;
  uid_t id = 0;
  gid_t group = 0;
  std::string home;
};

/// Why a wish cannot be met; absent when it was met.
using Refusal = std::optional<std::string>;

class AccountDatabase {
public:
  /// Reads the four files; absent ones are empty.
  explicit AccountDatabase(const fs::RootDir& root);

  Refusal add_group(const std::string& name, std::optional<gid_t> id);
  /// Adds the user, with a group of its own when the record names none, or changes it.
  Refusal put_user(const UserRecord& record, base::Epoch epoch);
  Refusal add_member(const std::string& group, const std::string& user);
  /// -1: the password never expires.
  void set_password_expiry(const std::string& user, std::int32_t days);
  std::optional<KnownUser> find_user(const std::string& name) const;

  /// Writes the four files with the modes that they had, or the usual ones.
  void store(const fs::RootDir& root) const;

private:
  Refusal add_user(const UserRecord& record, base::Epoch epoch);
  Refusal change_user(const UserRecord& record, base::Epoch epoch);
  void set_password(const std::string& user, const std::string& hash, base::Epoch epoch);
  /// The first id from 1000 that is no user's and no group's.
  std::uint32_t free_id() const;
  std::optional<std::string> find_group_id(const std::string& name) const;

  AccountTable users_;
  AccountTable shadow_;
  AccountTable groups_;
  AccountTable group_shadow_;
  std::string default_shell_;
};

} // namespace imagewright::finalize
