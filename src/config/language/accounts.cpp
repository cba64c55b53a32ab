// SPDX-License-Identifier: MIT
#include <imagewright/model/account_config.hpp>

#include "config/language/language.hpp"
#include "config/language/text_checks.hpp"

namespace imagewright::config {

namespace {

using model::PasswordType;

constexpr Type k_id_type{
    .shape = Shape::integer, .title = "a number from 0 to 60000", .minimum = 0, .maximum = 60000};
constexpr Type k_expiry_type{.shape = Shape::integer,
                             .title = "a number of days from -1 (never) to 99999",
                             .minimum = -1,
                             .maximum = 99999};

constexpr Word k_password_words[] = {
    word("locked", PasswordType::locked, "no password is accepted; `value` must be empty"),
    word("plain-text", PasswordType::plain_text,
         "`value` is the password itself; a warning says so"),
    word("hashed", PasswordType::hashed, "`value` is a crypt(5) hash"),
    word("plain-text-file", PasswordType::plain_text_file,
         "`value` is the path of a file with the password"),
    word("hashed-file", PasswordType::hashed_file, "`value` is the path of a file with the hash"),
};
// What is no word of these may be the password itself.
constexpr Type k_password_word_type{
    .shape = Shape::word, .words = k_password_words, .secrecy = Secrecy::secret};
constexpr Type k_password_value_type{.shape = Shape::text,
                                     .title = "a text",
                                     .empty_text = EmptyText::means_not_given,
                                     .secrecy = Secrecy::secret};
constexpr Key k_password_keys[] = {
    {.name = "type",
     .type = &k_password_word_type,
     .documentation = "What `value` is.",
     .presence = Presence::required},
    {.name = "value",
     .type = &k_password_value_type,
     .documentation = "The password, its hash, or a path."},
};
constexpr Type k_password_type{
    .shape = Shape::mapping, .title = "a password", .keys = k_password_keys};

constexpr Key k_group_keys[] = {
    {.name = "name",
     .type = &k_non_blank_type,
     .documentation = "Its name.",
     .presence = Presence::required},
    {.name = "gid",
     .type = &k_id_type,
     .documentation = "Its number.",
     .default_text = "the next free one"},
};
constexpr Type k_group_mapping{.shape = Shape::mapping, .title = "a group", .keys = k_group_keys};

// Somebody may have put the private half here, so that no message may show it.
constexpr Type k_public_key_type{.shape = Shape::text,
                                 .title = "a public key",
                                 .check = check_non_blank,
                                 .pattern = "\\S",
                                 .empty_text = EmptyText::means_not_given,
                                 .secrecy = Secrecy::secret};
constexpr Type k_public_key_list_type{.shape = Shape::list, .item = &k_public_key_type};
constexpr Type k_program_path_type{.shape = Shape::text,
                                   .title = "an absolute path",
                                   .check = check_program_path,
                                   .pattern = "^/[^:\\x00-\\x1f\\x7f]*$",
                                   .example = "/bin/bash",
                                   .empty_text = EmptyText::means_not_given,
                                   .form = TextForm::image_path};
constexpr Type k_home_type{.shape = Shape::text,
                           .title = "an absolute path without blanks",
                           .check = check_home,
                           .pattern = "^/(?!(.*/)?\\.\\.(/|$))[^\\s:]*$",
                           .example = "/home/operator",
                           .empty_text = EmptyText::means_not_given,
                           .form = TextForm::image_path};

constexpr Key k_user_keys[] = {
    {.name = "name",
     .type = &k_non_blank_type,
     .documentation = "Login name.",
     .presence = Presence::required},
    {.name = "uid",
     .type = &k_id_type,
     .documentation = "User number.",
     .default_text = "the next free one"},
    {.name = "password",
     .type = &k_password_type,
     .documentation = "How the user logs in.",
     .default_text = "locked"},
    {.name = "passwordExpiresDays",
     .type = &k_expiry_type,
     .documentation = "Days until a password must be changed; -1: never."},
    {.name = "sshPublicKeyPaths",
     .type = &k_optional_path_list_type,
     .documentation = "Files with public keys for ~/.ssh/authorized_keys."},
    {.name = "sshPublicKeys",
     .type = &k_public_key_list_type,
     .documentation = "Public keys for ~/.ssh/authorized_keys.",
     .since = "0.3",
     .also_called = "sshKeys sshAuthorizedKeys ssh_authorized_keys authorizedKeys"},
    {.name = "primaryGroup",
     .type = &k_optional_name_type,
     .documentation = "Primary group.",
     .default_text = "a group of the user's name"},
    {.name = "secondaryGroups",
     .type = &k_optional_name_list_type,
     .documentation = "Further groups.",
     .also_called = "groups supplementaryGroups extraGroups"},
    {.name = "startupCommand",
     .type = &k_program_path_type,
     .documentation = "Login shell.",
     .also_called = "shell loginShell"},
    {.name = "homeDirectory",
     .type = &k_home_type,
     .documentation = "Home directory.",
     .default_text = "/home/NAME",
     .since = "0.5",
     .also_called = "home homeDir"},
};
constexpr Type k_user_mapping{.shape = Shape::mapping, .title = "a user", .keys = k_user_keys};

} // namespace

constinit const Type k_groups_type{.shape = Shape::list, .item = &k_group_mapping};
constinit const Type k_users_type{.shape = Shape::list, .item = &k_user_mapping};

} // namespace imagewright::config
