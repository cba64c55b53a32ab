// SPDX-License-Identifier: MIT
#pragma once

// The accounts of a root: passwd, shadow, group and gshadow together, and the ranges of subordinate
// ids.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <sys/types.h>

#include <imagewright/accounts/login_definitions.hpp>
#include <imagewright/accounts/table.hpp>
#include <imagewright/base/epoch.hpp>
#include <imagewright/fs/root_dir.hpp>

namespace imagewright::accounts {

/// What a new or changed user is like. Absent: as it is, or the default for a new one.
struct UserRecord {
  std::string name;
  std::optional<uid_t> id;
  std::optional<std::string> group;
  std::optional<std::string> home;
  std::optional<std::string> shell;
  std::optional<std::string> password_hash;
};

/// A user as sysusers.d(5) describes it.
struct SystemUser {
  std::string name;
  std::optional<uid_t> id;
  std::optional<gid_t> group_id;         ///< absent: the user's id
  std::optional<std::string> group_name; ///< an existing group in place of one of its own
  std::string description;
  std::string home;  ///< empty: "/"
  std::string shell; ///< empty: one that refuses
};

/// A user as passwd knows it.
struct KnownUser {
  std::string name;
  uid_t id = 0;
  gid_t group = 0;
  std::string home;
};

/// The ids that login.defs has for a kind of accounts; it is empty where `last` is the smaller one.
struct IdRange {
  std::string kind; ///< "UID", as in UID_MIN
  std::uint32_t first = 0;
  std::uint32_t last = 0;

  bool holds(std::uint32_t id) const { return id >= first && id <= last; }
};

/// Why a wish cannot be met; absent when it was met.
using Refusal = std::optional<std::string>;

class AccountDatabase {
public:
  /// Reads the files, and login.defs; absent ones are empty.
  explicit AccountDatabase(const fs::RootDir& root);

  /// Keeps an id that somebody will ask for from being handed out.
  void reserve(std::uint32_t id);
  /// System accounts get the highest free id of these ranges, in place of that of login.defs, when
  /// there are any.
  void take_system_ids_from(std::vector<IdRange> ranges);
  Refusal add_group(const std::string& name, std::optional<gid_t> id);
  /// Adds the user, with a group of its own when the record names none, or changes it.
  Refusal put_user(const UserRecord& record, base::Epoch epoch);
  Refusal add_member(const std::string& group, const std::string& user);
  /// Adds what sysusers.d(5) calls a group and a user: with ids from the top of the system's range
  /// where none is given, locked and without a home of its own making. What is there stays.
  Refusal add_system_group(const std::string& name, std::optional<gid_t> id);
  Refusal add_system_user(const SystemUser& user, base::Epoch epoch);
  /// Gives the user ranges of subordinate ids where the root has files for them and the user none.
  /// Not a user whose id is outside of the range of users.
  Refusal add_subordinate_ids(const std::string& user);
  /// -1: the password never expires.
  void set_password_expiry(const std::string& user, std::int32_t days, base::Epoch epoch);
  std::optional<KnownUser> find_user(const std::string& name) const;

  /// Whether anything was changed since the files were read.
  bool is_changed() const;
  std::optional<gid_t> find_group(const std::string& name) const;
  std::vector<std::string> group_names() const;

  /// Writes the files with the modes that they had, or the usual ones.
  void store(const fs::RootDir& root) const;

private:
  Refusal add_user(const UserRecord& record, base::Epoch epoch);
  Refusal change_user(const UserRecord& record, base::Epoch epoch);
  std::optional<gid_t> own_group_id(const UserRecord& record, uid_t id) const;
  void add_shadow(const std::string& user, const std::string& hash, base::Epoch epoch);
  void set_password(const std::string& user, const std::string& hash, base::Epoch epoch);
  bool is_free(std::uint32_t id) const;
  IdRange range_of(const std::string& kind) const;
  std::vector<IdRange> system_ranges() const;
  /// The first id of the range that is no user's and no group's.
  std::optional<std::uint32_t> find_free_id(const IdRange& range) const;
  /// The last id of the ranges that is free.
  std::optional<std::uint32_t> find_free_system_id() const;
  std::optional<std::string> find_group_id(const std::string& name) const;

  AccountTable users_;
  AccountTable shadow_;
  AccountTable groups_;
  AccountTable group_shadow_;
  std::optional<AccountTable> subordinate_users_; ///< absent: the root has no such file
  std::optional<AccountTable> subordinate_groups_;
  LoginDefinitions definitions_;
  std::set<std::uint32_t> reserved_;
  std::vector<IdRange> system_ranges_;
  std::string default_shell_;
  std::string refusing_shell_;
  bool is_changed_ = false;
};

} // namespace imagewright::accounts
