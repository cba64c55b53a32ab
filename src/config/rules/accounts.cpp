// SPDX-License-Identifier: MIT
#include <map>
#include <string>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

#include "config/rules/credentials.hpp"
#include "config/rules/rules.hpp"

namespace imagewright::config {

namespace {

/// What utmp(5) and the tools for accounts can hold.
constexpr std::size_t k_longest_name = 31;

/// What passwd(5) and its kin can hold between two colons.
bool is_field(std::string_view text) {
  return text.find(':') == std::string_view::npos && !base::has_control_characters(text);
}

/// The names that systemd takes from tables of others (systemd.io, "User/Group Name Syntax",
/// relaxed mode), without those that the lists of members cannot hold.
bool is_account_name(std::string_view name) {
  const bool is_number = name.find_first_not_of("0123456789") == std::string_view::npos;
  return is_field(name) && !is_number && name.find_first_of("/, ") == std::string_view::npos &&
         !name.starts_with('-') && name != "." && name != "..";
}

class AccountCheck {
public:
  void check(const model::GroupConfig& group) {
    check_name("group", group.name, group.where);
    check_first("group", groups_, group.name, group.where);
  }

  void check(const model::UserConfig& user) {
    check_name("user", user.name, user.where);
    check_first("user", users_, user.name, user.where);
    if (user.primary_group)
      check_name("group", user.primary_group->text, user.primary_group->where);
    for (const model::LocatedText& group : user.secondary_groups)
      check_name("group", group.text, group.where);
    if (user.password) check_password(user, *user.password);
  }

  base::Diagnostics take() { return std::move(diagnostics_); }

private:
  void check_name(std::string_view kind, const std::string& name,
                  const base::SourceLocation& where) {
    // Absence is a mistake of its own.
    if (name.empty()) return;
    if (name.size() > k_longest_name) {
      diagnostics_.error("config.bad-value",
                         fmt::format("{} is longer than {} characters, the most for a {}",
                                     base::quoted(name), k_longest_name, kind),
                         where, "shorten it");
      return;
    }
    if (is_account_name(name)) return;
    diagnostics_.error("config.bad-value",
                       fmt::format("{} is no name for a {}", base::quoted(name), kind), where,
                       "use letters, digits, \"_\", \"-\" and \".\", and not digits alone");
  }

  using Places = std::map<std::string, base::SourceLocation>;

  void check_first(std::string_view kind, Places& places, const std::string& name,
                   const base::SourceLocation& where) {
    const auto [first, is_new] = places.emplace(name, where);
    if (is_new || name.empty()) return;
    diagnostics_.add({.code = "config.duplicate-name",
                      .message = fmt::format("there are two {}s {}", kind, base::quoted(name)),
                      .where = where,
                      .related = {{first->second, "the first one stands here"}},
                      .hint = "say everything in one place"});
  }

  static bool is_usable(const model::PasswordConfig& password) {
    return password.type == model::PasswordType::hashed
               ? is_field(password.value)
               : !base::has_control_characters(password.value);
  }

  void check_password(const model::UserConfig& user, const model::PasswordConfig& password) {
    const bool has_value = !password.value.empty() || !password.file.empty();
    const bool is_locked = password.type == model::PasswordType::locked;
    if (is_locked && has_value) {
      diagnostics_.error(
          "config.conflict",
          fmt::format("the password of {} is locked, but has a value", base::quoted(user.name)),
          password.value_where, "remove the value");
    } else if (!is_locked && !has_value) {
      diagnostics_.error("config.missing-key",
                         fmt::format("the password of {} has no value", base::quoted(user.name)),
                         password.where, "add \"value:\", or use \"type: locked\"");
    } else if (password.file.empty() && !is_usable(password)) {
      diagnostics_.error("config.bad-value",
                         fmt::format("the password of {} has a character that it cannot have",
                                     base::quoted(user.name)),
                         password.value_where, "write it in one line; a hash has no \":\"");
    } else if (password.type == model::PasswordType::hashed) {
      diagnostics_.append(check_password_hash(password.value, password.value_where, user.name));
    } else if (password.type == model::PasswordType::plain_text) {
      diagnostics_.warning("config.plain-text-password",
                           fmt::format("the password of {} stands in the config as plain text",
                                       base::quoted(user.name)),
                           password.value_where,
                           "use \"type: hashed\" with the output of \"openssl passwd -6\"");
    }
  }

  base::Diagnostics diagnostics_;
  Places groups_;
  Places users_;
};

} // namespace

base::Diagnostics check_accounts(const model::OsConfig& os) {
  AccountCheck check;
  for (const model::GroupConfig& group : os.groups)
    check.check(group);
  for (const model::UserConfig& user : os.users)
    check.check(user);
  return check.take();
}

} // namespace imagewright::config
