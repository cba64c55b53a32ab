// SPDX-License-Identifier: MIT
#include <algorithm>
#include <charconv>
#include <utility>

#include <imagewright/accounts/system_accounts.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::accounts {
namespace {

/// Fields between blanks; quotes group and vanish, a backslash takes the next letter as it is.
std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields;
  std::optional<std::string> field;
  char quote = '\0';
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    const bool is_blank = c == ' ' || c == '\t' || c == '\r';
    if (quote == '\0' && is_blank) {
      if (field) fields.push_back(*std::exchange(field, std::nullopt));
      continue;
    }
    if (!field) field.emplace();
    if (c == '\\' && at + 1 < line.size()) {
      *field += line[++at];
    } else if (quote != '\0' ? c == quote : c == '"' || c == '\'') {
      quote = quote == '\0' ? c : '\0';
    } else {
      *field += c;
    }
  }
  if (field) fields.push_back(*field);
  return fields;
}

std::optional<std::uint32_t> find_number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Empty where the line has "-" or nothing.
std::string field_at(const std::vector<std::string>& fields, std::size_t index) {
  return index < fields.size() && fields[index] != "-" ? fields[index] : "";
}

bool is_name(std::string_view name) {
  constexpr std::string_view k_letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";
  return !name.empty() && name.size() < 32 && name.front() != '-' &&
         name.find_first_not_of(k_letters) == std::string_view::npos;
}

} // namespace

void SystemAccounts::add_user(const std::vector<std::string>& fields) {
  SystemUser user{.name = fields[1],
                  .id = {},
                  .group_id = {},
                  .group_name = {},
                  .description = field_at(fields, 3),
                  .home = field_at(fields, 4),
                  .shell = field_at(fields, 5)};
  const auto ids = base::split(field_at(fields, 2), ':');
  user.id = find_number(ids[0]);
  if (ids.size() > 1) {
    user.group_id = find_number(ids[1]);
    if (!user.group_id) user.group_name = ids[1];
  }
  if (users_.emplace(user.name, user).second) order_.push_back(user.name);
}

void SystemAccounts::add_group(const std::vector<std::string>& fields) {
  groups_.emplace(fields[1], SystemGroup{fields[1], find_number(field_at(fields, 2))});
}

void SystemAccounts::add_range(const std::string& text) {
  const auto dash = text.find('-');
  const auto first = find_number(std::string_view(text).substr(0, dash));
  const auto last =
      dash == std::string::npos ? first : find_number(std::string_view(text).substr(dash + 1));
  if (first && last && *first <= *last)
    ranges_.push_back(
        {.kind = "the range " + text + " of sysusers.d", .first = *first, .last = *last});
}

bool SystemAccounts::is_member(const std::string& user) const {
  return std::ranges::any_of(memberships_,
                             [&](const Membership& each) { return each.user == user; });
}

bool SystemAccounts::has_members(const std::string& group) const {
  return std::ranges::any_of(memberships_,
                             [&](const Membership& each) { return each.group == group; });
}

void SystemAccounts::add_lines(std::string_view text) {
  for (const auto& raw : base::split(text, '\n')) {
    const auto line = base::trimmed(raw);
    if (line.empty() || line.starts_with('#')) continue;
    const auto fields = fields_of(line);
    if (fields.size() > 2 && fields[0] == "r") add_range(fields[2]);
    if (fields.size() < 2 || !is_name(fields[1])) continue;
    if (fields[0] == "u" || fields[0] == "u!") add_user(fields);
    if (fields[0] == "g") add_group(fields);
    if (fields[0] == "m" && fields.size() > 2) memberships_.push_back({fields[1], fields[2]});
  }
}

bool SystemAccounts::is_empty() const {
  return users_.empty() && groups_.empty() && memberships_.empty();
}

void SystemAccounts::reserve_ids(AccountDatabase& database) const {
  database.take_system_ids_from(ranges_);
  for (const auto& [name, user] : users_) {
    if (user.id) database.reserve(*user.id);
    if (user.group_id) database.reserve(*user.group_id);
  }
  for (const auto& [name, group] : groups_) {
    if (group.id) database.reserve(*group.id);
  }
}

SystemAccounts::Made SystemAccounts::make_user(AccountDatabase& database, const std::string& name,
                                               base::Epoch epoch) const {
  const auto found = users_.find(name);
  // A line that makes somebody a member makes him, too.
  if (found == users_.end() && is_member(name))
    return {true, database.add_system_user({.name = name}, epoch)};
  if (found == users_.end()) return {};
  auto user = found->second;
  if (user.group_name && !database.find_group(*user.group_name)) {
    const auto made = make_group(database, *user.group_name);
    if (made.refusal) return {true, made.refusal};
  }
  // A group line of the same name decides the group's id.
  const auto group = groups_.find(name);
  if (group != groups_.end() && group->second.id && !user.group_id)
    user.group_id = group->second.id;
  return {true, database.add_system_user(user, epoch)};
}

SystemAccounts::Made SystemAccounts::make_group(AccountDatabase& database,
                                                const std::string& name) const {
  const auto group = groups_.find(name);
  const auto user = users_.find(name);
  const bool is_of_user = user != users_.end() && !user->second.group_name;
  if (group == groups_.end() && !is_of_user && !has_members(name)) return {};
  auto id = group != groups_.end() ? group->second.id : std::nullopt;
  if (!id && is_of_user) id = user->second.group_id ? user->second.group_id : user->second.id;
  return {true, database.add_system_group(name, id)};
}

Refusal SystemAccounts::make_all(AccountDatabase& database, base::Epoch epoch) const {
  for (const auto& [name, group] : groups_) {
    if (auto refusal = make_group(database, name).refusal) return refusal;
  }
  for (const auto& name : order_) {
    if (auto refusal = make_user(database, name, epoch).refusal) return refusal;
  }
  for (const auto& [user, group] : memberships_) {
    if (auto refusal = make_group(database, group).refusal) return refusal;
    if (!database.find_group(group)) {
      if (auto refusal = database.add_system_group(group, std::nullopt)) return refusal;
    }
    if (!database.find_user(user)) {
      if (auto refusal = database.add_system_user({.name = user}, epoch)) return refusal;
    }
    if (auto refusal = database.add_member(group, user)) return refusal;
  }
  return std::nullopt;
}

} // namespace imagewright::accounts
