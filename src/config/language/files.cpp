// SPDX-License-Identifier: MIT
#include "config/language/language.hpp"
#include "config/language/text_checks.hpp"

namespace imagewright::config {

namespace {

constexpr Key k_file_keys[] = {
    {.name = "destination",
     .type = &k_file_destination_type,
     .documentation = "Path in the image.",
     .presence = Presence::required},
    {.name = "source",
     .type = &k_optional_path_type,
     .documentation = "File beside the config. Excludes `content`."},
    {.name = "content",
     .type = &k_text_type,
     .documentation = "The text of the file. Excludes `source`.",
     .since = "0.7"},
    {.name = "permissions",
     .type = &k_permissions_type,
     .documentation = "Its permissions.",
     .default_text = "those of the source, or 644"},
    {.name = "sha256hash",
     .type = &k_text_type,
     .removed_hint = "remove it; digests belong to the manifest"},
};
constexpr std::string_view k_file_mapping_choice[] = {"source", "content"};
constexpr Type k_file_mapping{.shape = Shape::mapping,
                              .title = "a file",
                              .keys = k_file_keys,
                              .choice = Choice{ChoiceCount::exactly_one, k_file_mapping_choice}};

// The map form of early versions: source: destination, or source: {path, permissions}, or a list of
// these.
constexpr Key k_old_target_keys[] = {
    {.name = "path",
     .type = &k_file_destination_type,
     .documentation = "Path in the image.",
     .presence = Presence::required},
    {.name = "permissions", .type = &k_permissions_type, .documentation = "Its permissions."},
};
constexpr Type k_old_target_mapping{.shape = Shape::mapping,
                                    .title = "a destination",
                                    .keys = k_old_target_keys,
                                    .other_form = &k_file_destination_type};
constexpr Type k_old_targets_type{
    .shape = Shape::list, .item = &k_old_target_mapping, .other_form = &k_old_target_mapping};
constexpr Type k_old_files_type{.shape = Shape::map,
                                .item = &k_old_targets_type,
                                .map_key_check = check_non_blank,
                                .map_key_pattern = "\\S",
                                .current_form = "a list of {source, destination, permissions}"};

constexpr Key k_directory_keys[] = {
    {.name = "source",
     .type = &k_path_type,
     .documentation = "Directory beside the config.",
     .presence = Presence::required},
    {.name = "destination",
     .type = &k_directory_destination_type,
     .documentation = "Path in the image.",
     .presence = Presence::required},
    {.name = "newDirPermissions",
     .type = &k_permissions_type,
     .documentation = "Of directories that are made.",
     .default_text = "755"},
    {.name = "mergedDirPermissions",
     .type = &k_permissions_type,
     .documentation = "Of directories that are there already.",
     .default_text = "as they are"},
    {.name = "childFilePermissions",
     .type = &k_permissions_type,
     .documentation = "Of files.",
     .default_text = "755"},
    {.name = "sourcePath",
     .type = &k_path_type,
     .documentation = "Old name of `source`.",
     .current_spelling = "source"},
    {.name = "destinationPath",
     .type = &k_directory_destination_type,
     .documentation = "Old name of `destination`.",
     .current_spelling = "destination"},
    {.name = "sha256hashmap",
     .type = &k_text_type,
     .removed_hint = "remove it; digests belong to the manifest"},
};
constexpr Type k_directory_mapping{
    .shape = Shape::mapping, .title = "a directory", .keys = k_directory_keys};

} // namespace

constinit const Type k_additional_files_type{
    .shape = Shape::list, .item = &k_file_mapping, .other_form = &k_old_files_type};
constinit const Type k_additional_directories_type{.shape = Shape::list,
                                                   .item = &k_directory_mapping};

} // namespace imagewright::config
