// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>

#include "../accounts/home.hpp"
#include "../accounts/password.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

struct Input {
  const std::vector<model::GroupConfig>& groups;
  const std::vector<model::UserConfig>& users;
  const model::DiskLayout& layout;
  const base::Epoch& epoch;
  const RootOrigin& origin;
};

constexpr auto k_lock_file = "/etc/.pwd.lock";

constexpr const char* k_other_account =
    "choose another name or id, or take what the packages define";

void require(const accounts::Refusal& refusal, const base::SourceLocation& where,
             const std::string& hint = k_other_account) {
  if (!refusal) return;
  throw base::Error(
      base::FailureKind::input,
      {.code = "finalize.account-refused", .message = *refusal, .where = where, .hint = hint});
}

/// Which groups there are shows only here: lists of the packages' files do not tell.
std::string hint_for_group(const accounts::AccountDatabase& database, const std::string& name) {
  const std::string near = base::did_you_mean(name, database.group_names());
  return near.empty() ? "add it to os.groups, or install the package that makes it" : near;
}

/// The text, or the file's first line. Blanks are letters of a password; a hash has none.
std::string secret_of(const model::PasswordConfig& password) {
  if (password.file.empty()) return password.value;
  const auto text = fs::read_file(password.file);
  std::string line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.pop_back();
  if (password.type == model::PasswordType::hashed_file) line = std::string(base::trimmed(line));
  // An account without a password lets everybody in.
  if (line.empty())
    require("the first line of " + base::quoted(password.file.string()) + " is empty",
            password.value_where, "write the password, or its hash, into the file's first line");
  return line;
}

/// A hash from a file: the rules of the config have seen the others.
std::string checked_hash(std::string hash, const model::PasswordConfig& password) {
  if (hash.find(':') != std::string::npos || base::has_control_characters(hash))
    require("the hash of a password has a character that it cannot have", password.value_where);
  return hash;
}

std::optional<std::string> hash_of(const Input& input, const model::UserConfig& user) {
  if (!user.password) return std::nullopt;
  switch (user.password->type) {
  case model::PasswordType::locked:
    return "!";
  case model::PasswordType::hashed:
  case model::PasswordType::hashed_file:
    return checked_hash(secret_of(*user.password), *user.password);
  case model::PasswordType::plain_text:
  case model::PasswordType::plain_text_file:
    break;
  }
  return sha512_crypt(secret_of(*user.password),
                      salt_from(input.layout.uuid.to_string() + ":" + user.name));
}

std::optional<std::string> text_of(const std::optional<model::LocatedText>& text) {
  if (!text || text->text.empty()) return std::nullopt;
  return text->text;
}

std::vector<std::string> ssh_keys_of(const model::UserConfig& user) {
  std::vector<std::string> keys;
  for (const auto& file : user.ssh_public_key_files) {
    for (const auto& line : base::split(fs::read_file(file.value), '\n')) {
      if (!base::trimmed(line).empty()) keys.emplace_back(base::trimmed(line));
    }
  }
  for (const auto& key : user.ssh_public_keys)
    keys.emplace_back(base::trimmed(key));
  return keys;
}

void put_user(const Input& input, accounts::AccountDatabase& database,
              const model::UserConfig& user) {
  const accounts::UserRecord record{.name = user.name,
                                    .id = user.uid,
                                    .group = text_of(user.primary_group),
                                    .home = text_of(user.home_directory),
                                    .shell = text_of(user.startup_command),
                                    .password_hash = hash_of(input, user)};
  require(database.put_user(record, input.epoch), user.where);
  for (const auto& group : user.secondary_groups) {
    require(database.add_member(group.text, user.name), group.where,
            hint_for_group(database, group.text));
  }
  if (user.password_expires_days) {
    database.set_password_expiry(user.name, *user.password_expires_days, input.epoch);
  }
  require(database.add_subordinate_ids(user.name), user.where);
}

/// What is at the home already: a directory, or nothing at all. A link that leads nowhere is
/// something.
accounts::Refusal refusal_of_home(const fs::RootDir& files, const accounts::KnownUser& user) {
  if (!files.find_status(user.home)) return std::nullopt;
  const bool leads_somewhere = files.exists(user.home);
  if (leads_somewhere && files.find_target_status(user.home)->type == fs::FileType::directory)
    return std::nullopt;
  const auto link = files.find_link_target(user.home);
  return "the home of " + base::quoted(user.name) + ", " + base::quoted(user.home) +
         (link ? ", is a link to " + base::quoted(*link) + ", where no directory is"
               : ", is no directory");
}

/// Ids that the config writes out belong to whom it gives them, in whatever order it names them.
void reserve_ids(const Input& input, accounts::AccountDatabase& database) {
  for (const auto& group : input.groups) {
    if (group.gid) database.reserve(*group.gid);
  }
  for (const auto& user : input.users) {
    if (user.uid) database.reserve(*user.uid);
  }
}

/// The tables are written without the programs of the root: those of a foreign architecture would
/// need an emulator.
StepYield write_accounts(const Input& input, root::WorkRoot& root) {
  const fs::RootDir& files = root.files();
  const bool is_asked = !input.groups.empty() || !input.users.empty();
  if (input.origin == RootOrigin::base_image && !is_asked) return {};
  // lckpwdf(3) makes it when it is first needed; by then nobody gives it the label of its own.
  if (files.exists("/etc/passwd") && !files.exists(k_lock_file)) files.write(k_lock_file, "", 0600);
  if (!is_asked) return {};
  accounts::AccountDatabase database(files);
  reserve_ids(input, database);
  for (const auto& group : input.groups)
    require(database.add_group(group.name, group.gid), group.where);
  for (const auto& user : input.users)
    put_user(input, database, user);
  database.store(files);
  for (const auto& user : input.users) {
    const auto known = database.find_user(user.name);
    IMAGEWRIGHT_ASSERT(known.has_value());
    require(refusal_of_home(files, *known), user.where);
    make_home(root, *known);
    add_ssh_keys(root, *known, ssh_keys_of(user));
  }
  return {};
}

} // namespace

constinit const Step accounts{
    "accounts", AppliesTo::both,
    k_run<write_accounts, &model::OsConfig::groups, &model::OsConfig::users, &FinalizePlan::layout,
          &FinalizePlan::epoch, &FinalizePlan::origin>};

} // namespace imagewright::finalize::steps
