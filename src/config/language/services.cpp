// SPDX-License-Identifier: MIT
#include <imagewright/model/os_config.hpp>

#include "config/language/language.hpp"
#include "config/language/text_checks.hpp"

namespace imagewright::config {

namespace {

using model::ModuleLoadMode;

constexpr Type k_drop_in_name_type{.shape = Shape::text,
                                   .title = "a file name",
                                   .check = check_drop_in_name,
                                   .pattern = "^[A-Za-z0-9_+@:][A-Za-z0-9._+@:-]*$",
                                   .example = "limits.conf"};
constexpr Key k_drop_in_keys[] = {
    {.name = "unit",
     .type = &k_unit_type,
     .documentation = "The unit it changes.",
     .presence = Presence::required,
     .is_own = true},
    {.name = "name",
     .type = &k_drop_in_name_type,
     .documentation = "File name; `.conf` may be left out.",
     .presence = Presence::required,
     .is_own = true},
    {.name = "content",
     .type = &k_text_type,
     .documentation = "Its text. Excludes `source`.",
     .is_own = true},
    {.name = "source",
     .type = &k_path_type,
     .documentation = "A file beside the config. Excludes `content`.",
     .is_own = true},
};
constexpr std::string_view k_drop_in_mapping_choice[] = {"source", "content"};
constexpr Type k_drop_in_mapping{.shape = Shape::mapping,
                                 .title = "a drop-in",
                                 .keys = k_drop_in_keys,
                                 .choice =
                                     Choice{ChoiceCount::exactly_one, k_drop_in_mapping_choice}};
constexpr Type k_drop_ins_type{.shape = Shape::list, .item = &k_drop_in_mapping};
constexpr Key k_services_keys[] = {
    {.name = "enable", .type = &k_unit_list_type, .documentation = "Units that start at boot."},
    {.name = "disable",
     .type = &k_unit_list_type,
     .documentation = "Units that do not start at boot."},
    {.name = "mask",
     .type = &k_unit_list_type,
     .documentation = "Units that cannot be started at all.",
     .is_own = true},
    {.name = "dropIns",
     .type = &k_drop_ins_type,
     .documentation = "Files that change units.",
     .is_own = true},
};

constexpr Word k_load_mode_words[] = {
    word("always", ModuleLoadMode::always, "loaded at boot"),
    word("auto", ModuleLoadMode::automatic, "loaded when it is needed"),
    word("disable", ModuleLoadMode::disable, "not loaded"),
    word("inherit", ModuleLoadMode::inherit, "as the packages have it"),
};
constexpr Type k_load_mode_type{
    .shape = Shape::word, .words = k_load_mode_words, .empty_text = EmptyText::means_not_given};
constexpr Type k_module_options_type{.shape = Shape::map,
                                     .item = &k_word_without_blanks_type,
                                     .map_key_check = check_no_blanks,
                                     .map_key_pattern = "^\\S+$"};
constexpr Key k_module_keys[] = {
    {.name = "name",
     .type = &k_word_without_blanks_type,
     .documentation = "Name of the kernel module.",
     .presence = Presence::required},
    {.name = "loadMode",
     .type = &k_load_mode_type,
     .documentation = "Whether it is loaded.",
     .default_text = "inherit"},
    {.name = "options", .type = &k_module_options_type, .documentation = "Its parameters."},
};
constexpr Type k_module_mapping{
    .shape = Shape::mapping, .title = "a kernel module", .keys = k_module_keys};

} // namespace

constinit const Type k_services_type{
    .shape = Shape::mapping, .title = "services", .keys = k_services_keys};

constinit const Type k_modules_type{.shape = Shape::list, .item = &k_module_mapping};

} // namespace imagewright::config
