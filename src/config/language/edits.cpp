// SPDX-License-Identifier: MIT
#include "config/language/language.hpp"
#include "config/language/text_checks.hpp"

namespace imagewright::config {

namespace {

constexpr Key k_line_keys[] = {
    {.name = "add",
     .type = &k_text_type,
     .documentation = "A line that comes in, or several.",
     .is_own = true},
    {.name = "before",
     .type = &k_non_blank_type,
     .documentation = "Of `add`: before the first line like this.",
     .default_text = "at the end",
     .is_own = true},
    {.name = "after",
     .type = &k_non_blank_type,
     .documentation = "Of `add`: after the first line like this.",
     .default_text = "at the end",
     .is_own = true},
    {.name = "replace",
     .type = &k_non_blank_type,
     .documentation = "Every line like this is replaced. Needs `with`.",
     .is_own = true},
    {.name = "with",
     .type = &k_text_type,
     .documentation = "Of `replace`: the line that takes its place, or several.",
     .is_own = true},
    {.name = "remove",
     .type = &k_non_blank_type,
     .documentation = "Every line like this goes.",
     .is_own = true},
};
constexpr std::string_view k_line_choice[] = {"add", "replace", "remove"};
constexpr Type k_line_mapping{.shape = Shape::mapping,
                              .title = "an edit of lines",
                              .keys = k_line_keys,
                              .choice = Choice{ChoiceCount::exactly_one, k_line_choice}};
constexpr Type k_lines_type{.shape = Shape::list, .item = &k_line_mapping};

constexpr Key k_edit_keys[] = {
    {.name = "path",
     .type = &k_file_destination_type,
     .documentation = "What is edited; links are followed, except for `link` and `remove`.",
     .presence = Presence::required,
     .is_own = true},
    {.name = "lines",
     .type = &k_lines_type,
     .documentation = "Edits of the file's lines, in this order. `*` stands for any text. A line "
                      "that none is like is an error.",
     .is_own = true},
    {.name = "link",
     .type = &k_non_blank_type,
     .documentation = "The path becomes a symbolic link to this.",
     .is_own = true},
    {.name = "directory",
     .type = &k_boolean_type,
     .documentation = "The path becomes a directory, unless it is one.",
     .default_text = "false",
     .is_own = true},
    {.name = "remove",
     .type = &k_boolean_type,
     .documentation = "The path goes, with all that is in it where it is a directory.",
     .default_text = "false",
     .is_own = true},
    {.name = "permissions",
     .type = &k_permissions_type,
     .documentation = "Its permissions.",
     .default_text = "as they are; 755 for a directory that is made",
     .is_own = true},
    {.name = "owner",
     .type = &k_plain_word_type,
     .documentation = "Its owner: a user of the image, or a number.",
     .default_text = "as it is",
     .is_own = true},
    {.name = "group",
     .type = &k_plain_word_type,
     .documentation = "Its group: a group of the image, or a number.",
     .default_text = "as it is",
     .is_own = true},
};
constexpr std::string_view k_edit_choice[] = {"lines", "link", "directory", "remove"};
constexpr Type k_edit_mapping{.shape = Shape::mapping,
                              .title = "an edit",
                              .keys = k_edit_keys,
                              .choice = Choice{ChoiceCount::at_most_one, k_edit_choice}};

} // namespace

constinit const Type k_edits_type{.shape = Shape::list, .item = &k_edit_mapping};

} // namespace imagewright::config
