// SPDX-License-Identifier: MIT
#include "config/language/language.hpp"
#include "config/language/text_checks.hpp"

namespace imagewright::config {

namespace {

constexpr Type k_time_type{.shape = Shape::text,
                           .title = "a day (YYYY-MM-DD) or a time (RFC 3339)",
                           .check = check_time,
                           .pattern =
                               "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(T([01][0-9]|2["
                               "0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]+)?(Z|z|[+-]([01][0-9]|2[0-"
                               "3]):[0-5][0-9]))?$",
                           .example = "2026-01-31",
                           .empty_text = EmptyText::means_not_given};

constexpr Key k_stored_keys[] = {
    {.name = "packages",
     .type = &k_package_list_items_type,
     .documentation = "Which packages, each by itself, whatever it requires: a name means the "
                      "newest, `NAME < VERSION` the newest below.",
     .presence = Presence::required,
     .is_own = true},
    {.name = "directory",
     .type = &k_directory_destination_type,
     .documentation = "Where they come to, as NAME-VERSION-RELEASE.ARCH.rpm.",
     .presence = Presence::required,
     .is_own = true},
};
constexpr Type k_stored_mapping{
    .shape = Shape::mapping, .title = "packages in a directory", .keys = k_stored_keys};
constexpr Type k_stored_list_type{.shape = Shape::list, .item = &k_stored_mapping};

constexpr Key k_packages_keys[] = {
    {.name = "install",
     .type = &k_package_list_items_type,
     .documentation = "Packages that the image has."},
    {.name = "installLists",
     .type = &k_path_list_type,
     .documentation = "Files with a `packages` list, added to `install`."},
    {.name = "remove",
     .type = &k_package_list_items_type,
     .documentation = "Packages that are taken away."},
    {.name = "removeLists",
     .type = &k_path_list_type,
     .documentation = "Files with a `packages` list, added to `remove`."},
    {.name = "update",
     .type = &k_package_list_items_type,
     .documentation = "Packages that are brought to their newest version."},
    {.name = "updateLists",
     .type = &k_path_list_type,
     .documentation = "Files with a `packages` list, added to `update`."},
    {.name = "updateExistingPackages",
     .type = &k_boolean_type,
     .documentation = "Brings every package to its newest version.",
     .default_text = "false"},
    {.name = "snapshotTime",
     .type = &k_time_type,
     .documentation = "Packages published after this are not used.",
     .preview = "package-snapshot-time",
     .since = "0.15"},
    {.name = "removePackageManager",
     .type = &k_boolean_type,
     .documentation = "Leaves the package manager and its database out of the image.",
     .default_text = "false",
     .preview = "remove-package-manager",
     .since = "1.6"},
    {.name = "roles",
     .type = &k_non_blank_list_type,
     .documentation = "Roles of the release profile, such as `container-runtime`, whose packages "
                      "are installed. `-NAME` leaves out a role that every image of the release "
                      "has otherwise.",
     .is_own = true},
    {.name = "recommends",
     .type = &k_boolean_type,
     .documentation = "Also installs what packages recommend.",
     .default_text = "false",
     .is_own = true},
    {.name = "exclude",
     .type = &k_package_list_items_type,
     .documentation = "Packages that must not be in the image.",
     .is_own = true},
    {.name = "docs",
     .type = &k_boolean_type,
     .documentation = "Installs files marked as documentation.",
     .default_text = "true",
     .is_own = true},
    {.name = "languages",
     .type = &k_plain_word_list_type,
     .documentation = "Languages whose translations are installed.",
     .default_text = "all",
     .is_own = true},
    {.name = "stored",
     .type = &k_stored_list_type,
     .documentation = "Packages that are chosen, locked, verified and put into a directory of the "
                      "image as files, without being installed: whoever starts the node installs "
                      "one of them.",
     .is_own = true},
};

} // namespace

constinit const Type k_packages_type{
    .shape = Shape::mapping, .title = "packages", .keys = k_packages_keys};

} // namespace imagewright::config
