// SPDX-License-Identifier: MIT
#include <algorithm>
#include <charconv>
#include <functional>

#include <fcntl.h>

#include <imagewright/accounts/database.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::accounts {
namespace {

constexpr auto k_passwd = "/etc/passwd";
constexpr auto k_shadow = "/etc/shadow";
constexpr auto k_group = "/etc/group";
constexpr auto k_gshadow = "/etc/gshadow";

constexpr auto k_no_system_id = "no id is free in the range of the system's accounts: that of "
                                "sysusers.d(5), or SYS_UID_MIN and "
                                "SYS_UID_MAX of /etc/login.defs";
constexpr auto k_subuid = "/etc/subuid";
constexpr auto k_subgid = "/etc/subgid";

// What the programs of shadow take where login.defs is silent.
constexpr std::uint32_t k_first_id = 1000;
constexpr std::uint32_t k_last_id = 60000;
constexpr std::uint32_t k_first_system_id = 101;
constexpr std::uint32_t k_first_subordinate_id = 100000;
constexpr std::uint32_t k_last_subordinate_id = 600100000;
constexpr std::uint32_t k_subordinate_count = 65536;

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

std::optional<AccountTable> find_table(const fs::RootDir& root, const char* path) {
  const auto text = root.find_content(path);
  if (!text) return std::nullopt;
  return AccountTable(*text, 3);
}

/// The first gap of that many ids.
std::optional<std::uint32_t> find_gap(const AccountTable& table, std::uint64_t first,
                                      std::uint64_t last, std::uint64_t count) {
  auto rows = table.rows();
  std::erase_if(rows, [](const AccountRow& row) { return row.size() < 3; });
  std::ranges::sort(rows, {}, [](const AccountRow& row) { return number(row[1]); });
  auto start = first;
  for (const auto& row : rows) {
    const std::uint64_t taken = number(row[1]);
    const std::uint64_t end = taken + number(row[2]);
    if (end <= start) continue;
    if (taken >= start + count) break;
    start = end;
  }
  if (start + count - 1 > last) return std::nullopt;
  return static_cast<std::uint32_t>(start);
}

std::string exhaustion_of(const IdRange& range) {
  return "no id is free from " + std::to_string(range.first) + " to " + std::to_string(range.last) +
         ", which are " + range.kind + "_MIN and " + range.kind + "_MAX of /etc/login.defs";
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
      subordinate_users_(find_table(root, k_subuid)),
      subordinate_groups_(find_table(root, k_subgid)),
      definitions_(text_of(root, "/etc/login.defs")),
      default_shell_(root.exists("/bin/bash") ? "/bin/bash" : "/bin/sh"),
      refusing_shell_(root.exists("/sbin/nologin") ? "/sbin/nologin" : "/usr/sbin/nologin") {}

void AccountDatabase::reserve(std::uint32_t id) {
  reserved_.insert(id);
}

bool AccountDatabase::is_free(std::uint32_t id) const {
  const auto text = std::to_string(id);
  return !reserved_.contains(id) && users_.find_by(2, text) == nullptr &&
         groups_.find_by(2, text) == nullptr;
}

IdRange AccountDatabase::range_of(const std::string& kind) const {
  return {.kind = kind,
          .first = definitions_.number(kind + "_MIN", k_first_id),
          .last = definitions_.number(kind + "_MAX", k_last_id)};
}

std::optional<std::uint32_t> AccountDatabase::find_free_id(const IdRange& range) const {
  for (std::uint64_t id = range.first; id <= range.last; ++id) {
    if (is_free(static_cast<std::uint32_t>(id))) return static_cast<std::uint32_t>(id);
  }
  return std::nullopt;
}

/// From above, as systemd-sysusers does.
std::optional<std::uint32_t> AccountDatabase::find_free_system_id() const {
  for (const IdRange& range : system_ranges()) {
    for (auto id = range.last; id >= range.first && id > 0; --id) {
      if (is_free(id)) return id;
    }
  }
  return std::nullopt;
}

std::vector<IdRange> AccountDatabase::system_ranges() const {
  if (!system_ranges_.empty()) return system_ranges_;
  return {
      {.kind = "SYS_UID",
       .first = definitions_.number("SYS_UID_MIN", k_first_system_id),
       .last = definitions_.number("SYS_UID_MAX", definitions_.number("UID_MIN", k_first_id) - 1)}};
}

void AccountDatabase::take_system_ids_from(std::vector<IdRange> ranges) {
  std::ranges::sort(ranges, std::greater<>(), &IdRange::last);
  system_ranges_ = std::move(ranges);
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
  if (!id) {
    const auto range = range_of("GID");
    id = find_free_id(range);
    if (!id) return exhaustion_of(range);
  }
  const auto text = std::to_string(*id);
  if (const auto* other = groups_.find_by(2, text)) {
    return "id " + text + " belongs to group " + base::quoted(other->front());
  }
  is_changed_ = true;
  groups_.add({name, "x", text, ""});
  group_shadow_.add({name, "!", "", ""});
  return std::nullopt;
}

Refusal AccountDatabase::put_user(const UserRecord& record, base::Epoch epoch) {
  return users_.find(record.name) == nullptr ? add_user(record, epoch) : change_user(record, epoch);
}

Refusal AccountDatabase::add_user(const UserRecord& record, base::Epoch epoch) {
  const auto range = range_of("UID");
  const auto wanted = record.id ? record.id : find_free_id(range);
  if (!wanted) return exhaustion_of(range);
  const auto id = std::to_string(*wanted);
  if (const auto* other = users_.find_by(2, id)) {
    return "id " + id + " belongs to user " + base::quoted(other->front());
  }
  if (!record.group && !find_group_id(record.name)) {
    if (auto refusal = add_group(record.name, own_group_id(record, *wanted))) return refusal;
  }
  const auto group = find_group_id(record.group.value_or(record.name));
  if (!group) return "there is no group " + base::quoted(*record.group);
  is_changed_ = true;
  users_.add({record.name, "x", id, *group, "", record.home.value_or("/home/" + record.name),
              record.shell.value_or(default_shell_)});
  add_shadow(record.name, record.password_hash.value_or("!"), epoch);
  return std::nullopt;
}

/// The user's id, when no group has it and groups may have it; else none, which is the first free.
std::optional<gid_t> AccountDatabase::own_group_id(const UserRecord& record, uid_t id) const {
  const bool is_in_range = record.id || range_of("GID").holds(id);
  const bool is_taken = groups_.find_by(2, std::to_string(id)) != nullptr;
  return is_in_range && !is_taken ? std::optional<gid_t>(id) : std::nullopt;
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

void AccountDatabase::add_shadow(const std::string& user, const std::string& hash,
                                 base::Epoch epoch) {
  const auto count = [&](const char* key, std::uint32_t fallback) {
    return std::to_string(definitions_.number(key, fallback));
  };
  shadow_.add({user, hash, days(epoch), count("PASS_MIN_DAYS", 0), count("PASS_MAX_DAYS", 99999),
               count("PASS_WARN_AGE", 7), "", "", ""});
}

void AccountDatabase::set_password(const std::string& user, const std::string& hash,
                                   base::Epoch epoch) {
  (*users_.find(user))[1] = "x";
  if (auto* row = shadow_.find(user)) {
    (*row)[1] = hash;
    (*row)[2] = days(epoch);
    return;
  }
  add_shadow(user, hash, epoch);
}

Refusal AccountDatabase::add_system_group(const std::string& name, std::optional<gid_t> id) {
  if (find_group_id(name)) return std::nullopt;
  // An id that is taken is no id that the system insists on.
  const bool is_usable = id && groups_.find_by(2, std::to_string(*id)) == nullptr;
  if (is_usable) return add_group(name, id);
  const auto free = find_free_system_id();
  return free ? add_group(name, free) : Refusal(k_no_system_id);
}

Refusal AccountDatabase::add_system_user(const SystemUser& user, base::Epoch epoch) {
  if (users_.find(user.name) != nullptr) return std::nullopt;
  const bool is_usable = user.id && users_.find_by(2, std::to_string(*user.id)) == nullptr;
  const auto wanted = is_usable ? user.id : find_free_system_id();
  if (!wanted) return k_no_system_id;
  auto id = *wanted;
  if (!user.group_name) {
    if (auto refusal = add_system_group(user.name, user.group_id.value_or(id))) return refusal;
    // The two go together where nobody said otherwise.
    const auto group = number(*find_group_id(user.name));
    const bool is_same_free = users_.find_by(2, std::to_string(group)) == nullptr;
    if (!is_usable && is_same_free) id = group;
  }
  const auto group = find_group_id(user.group_name.value_or(user.name));
  if (!group) return "there is no group " + base::quoted(*user.group_name);
  is_changed_ = true;
  users_.add({user.name, "x", std::to_string(id), *group, user.description,
              user.home.empty() ? "/" : user.home,
              user.shell.empty() ? refusing_shell_ : user.shell});
  shadow_.add({user.name, "!*", days(epoch), "", "", "", "", "", ""});
  return std::nullopt;
}

Refusal AccountDatabase::add_subordinate_ids(const std::string& user) {
  const auto known = find_user(user);
  // As useradd has it, such ranges are for those whose ids are users'.
  if (!known || !range_of("UID").holds(known->id)) return std::nullopt;
  const auto add = [&](std::optional<AccountTable>& table, const std::string& kind) -> Refusal {
    const auto count = definitions_.number(kind + "_COUNT", k_subordinate_count);
    if (!table || count == 0 || table->find(user) != nullptr) return std::nullopt;
    const IdRange range{.kind = kind,
                        .first = definitions_.number(kind + "_MIN", k_first_subordinate_id),
                        .last = definitions_.number(kind + "_MAX", k_last_subordinate_id)};
    const auto start = find_gap(*table, range.first, range.last, count);
    if (!start) return exhaustion_of(range);
    is_changed_ = true;
    table->add({user, std::to_string(*start), std::to_string(count)});
    return std::nullopt;
  };
  auto refusal = add(subordinate_users_, "SUB_UID");
  return refusal ? refusal : add(subordinate_groups_, "SUB_GID");
}

bool AccountDatabase::is_changed() const {
  return is_changed_;
}

std::optional<gid_t> AccountDatabase::find_group(const std::string& name) const {
  const auto id = find_group_id(name);
  if (!id) return std::nullopt;
  return number(*id);
}

Refusal AccountDatabase::add_member(const std::string& group, const std::string& user) {
  auto* row = groups_.find(group);
  if (row == nullptr) return "there is no group " + base::quoted(group);
  is_changed_ = true;
  add_to_list((*row)[3], user);
  if (auto* shadow = group_shadow_.find(group)) add_to_list((*shadow)[3], user);
  return std::nullopt;
}

void AccountDatabase::set_password_expiry(const std::string& user, std::int32_t day_count,
                                          base::Epoch epoch) {
  if (shadow_.find(user) == nullptr) {
    // What stands in passwd itself has no age.
    auto& hash = (*users_.find(user))[1];
    add_shadow(user, hash == "x" ? "!" : hash, epoch);
    hash = "x";
  }
  auto& row = *shadow_.find(user);
  row[4] = day_count < 0 ? "" : std::to_string(day_count);
  // Where the day of the last change is empty, nothing of a password's age counts (shadow(5)).
  if (day_count >= 0 && row[2].empty()) row[2] = days(epoch);
}

std::optional<KnownUser> AccountDatabase::find_user(const std::string& name) const {
  const auto* row = users_.find(name);
  if (row == nullptr) return std::nullopt;
  return KnownUser{
      .name = name, .id = number((*row)[2]), .group = number((*row)[3]), .home = (*row)[5]};
}

std::vector<std::string> AccountDatabase::group_names() const {
  std::vector<std::string> names;
  for (const AccountRow& row : groups_.rows())
    names.push_back(row.front());
  return names;
}

void AccountDatabase::store(const fs::RootDir& root) const {
  store_table(root, k_passwd, users_, 0644);
  store_table(root, k_group, groups_, 0644);
  store_table(root, k_shadow, shadow_, 0600);
  store_table(root, k_gshadow, group_shadow_, 0600);
  if (subordinate_users_) store_table(root, k_subuid, *subordinate_users_, 0644);
  if (subordinate_groups_) store_table(root, k_subgid, *subordinate_groups_, 0644);
}

} // namespace imagewright::accounts
