// SPDX-License-Identifier: MIT
#pragma once

// Accounts that packages define as data: sysusers.d(5).

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/accounts/database.hpp>
#include <imagewright/base/epoch.hpp>

namespace imagewright::accounts {

struct SystemGroup {
  std::string name;
  std::optional<gid_t> id;
};

struct Membership {
  std::string user;
  std::string group;
};

/// What lines of sysusers.d define. Of two definitions of one name the first counts.
class SystemAccounts {
public:
  /// Adds the lines of one file; what is no definition is left out, as systemd-sysusers leaves it.
  void add_lines(std::string_view text);

  bool is_empty() const;
  /// Keeps the ids that are written out from being handed out, and has others taken from the ranges
  /// that are.
  void reserve_ids(AccountDatabase& database) const;
  /// Makes the user or group of that name, with the group that a user needs. False when it is not
  /// defined here; a refusal when it cannot be made.
  struct Made {
    bool is_defined = false;
    Refusal refusal;
  };
  Made make_user(AccountDatabase& database, const std::string& name, base::Epoch epoch) const;
  Made make_group(AccountDatabase& database, const std::string& name) const;
  /// Makes all.
  Refusal make_all(AccountDatabase& database, base::Epoch epoch) const;

private:
  void add_user(const std::vector<std::string>& fields);
  void add_group(const std::vector<std::string>& fields);
  void add_range(const std::string& text);
  bool is_member(const std::string& user) const;
  bool has_members(const std::string& group) const;

  std::vector<std::string> order_; ///< names of users
  std::map<std::string, SystemUser> users_;
  std::map<std::string, SystemGroup> groups_;
  std::vector<Membership> memberships_;
  std::vector<IdRange> ranges_;
};

} // namespace imagewright::accounts
