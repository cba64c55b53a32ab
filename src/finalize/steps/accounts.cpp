// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>

#include "../accounts/database.hpp"
#include "../accounts/home.hpp"
#include "../accounts/password.hpp"
#include "../steps.hpp"

namespace imagewright::finalize::steps {
namespace {

constexpr auto k_lock_file = "/etc/.pwd.lock";

void require(const Refusal& refusal, const base::SourceLocation& where) {
  if (!refusal) return;
  throw base::Error(base::FailureKind::input,
                    {.code = "finalize.account-refused",
                     .message = *refusal,
                     .where = where,
                     .hint = "choose another name or id, or take what the packages define"});
}

/// The text, or the file's first line.
std::string secret_of(const model::PasswordConfig& password) {
  if (password.file.empty()) return password.value;
  const auto text = fs::read_file(password.file);
  return std::string(base::trimmed(text.substr(0, text.find('\n'))));
}

/// A hash from a file: the rules of the config have seen the others.
std::string checked_hash(std::string hash, const model::PasswordConfig& password) {
  if (hash.find(':') != std::string::npos || base::has_control_characters(hash))
    require("the hash of a password has a character that it cannot have", password.where);
  return hash;
}

std::optional<std::string> hash_of(const Context& context, const model::UserConfig& user) {
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
                      salt_from(context.plan.layout.uuid.to_string() + ":" + user.name));
}

std::optional<std::string> text_of(const std::optional<model::LocatedText>& text) {
  if (!text || text->text.empty()) return std::nullopt;
  return text->text;
}

std::vector<std::string> ssh_keys_of(const model::UserConfig& user) {
  std::vector<std::string> keys;
  for (const auto& file : user.ssh_public_key_files) {
    for (const auto& line : base::split(fs::read_file(file), '\n')) {
      if (!base::trimmed(line).empty()) keys.emplace_back(base::trimmed(line));
    }
  }
  for (const auto& key : user.ssh_public_keys)
    keys.emplace_back(base::trimmed(key));
  return keys;
}

void put_user(const Context& context, AccountDatabase& accounts, const model::UserConfig& user) {
  const UserRecord record{.name = user.name,
                          .id = user.uid,
                          .group = text_of(user.primary_group),
                          .home = text_of(user.home_directory),
                          .shell = text_of(user.startup_command),
                          .password_hash = hash_of(context, user)};
  require(accounts.put_user(record, context.plan.epoch), user.where);
  for (const auto& group : user.secondary_groups) {
    require(accounts.add_member(group.text, user.name), group.where);
  }
  if (user.password_expires_days) {
    accounts.set_password_expiry(user.name, *user.password_expires_days);
  }
}

} // namespace

/// The tables are written without the programs of the root: those of a foreign architecture would
/// need an emulator.
void accounts(const Context& context) {
  const auto& os = context.plan.os;
  // lckpwdf(3) makes it when it is first needed; by then nobody gives it the label of its own.
  if (context.root.exists("/etc/passwd") && !context.root.exists(k_lock_file))
    context.root.write(k_lock_file, "", 0600);
  if (os.groups.empty() && os.users.empty()) return;
  AccountDatabase accounts(context.root);
  for (const auto& group : os.groups)
    require(accounts.add_group(group.name, group.gid), group.where);
  for (const auto& user : os.users)
    put_user(context, accounts, user);
  accounts.store(context.root);
  for (const auto& user : os.users) {
    const auto known = accounts.find_user(user.name);
    IMAGEWRIGHT_ASSERT(known.has_value());
    make_home(context, *known);
    add_ssh_keys(context, *known, ssh_keys_of(user));
  }
}

} // namespace imagewright::finalize::steps
