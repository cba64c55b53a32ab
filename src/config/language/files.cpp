// SPDX-License-Identifier: MIT
#include "config/language/language.hpp"
#include "config/language/text_checks.hpp"

namespace imagewright::config {

namespace {

constexpr Type k_file_url_type{.shape = Shape::text,
                               .title = "a URL with file, http or https",
                               .check = check_url,
                               .pattern = "^([Ff][Ii][Ll][Ee]|[Hh][Tt][Tt][Pp][Ss]?)://\\S+$",
                               .example = "https://downloads.example.org/agent-1.2"};
constexpr Type k_sha256_type{.shape = Shape::text,
                             .title = "a SHA-256 digest: 64 hexadecimal digits",
                             .check = check_sha256,
                             .pattern = "^[0-9A-Fa-f]{64}$"};
constexpr Type k_file_size_type{.shape = Shape::integer,
                                .title = "a number of bytes",
                                .minimum = 0,
                                .maximum = std::int64_t{1} << 40};
constexpr Type k_strip_components_type{
    .shape = Shape::integer, .title = "a number of directories", .minimum = 0, .maximum = 64};

constexpr Key k_file_keys[] = {
    {.name = "destination",
     .type = &k_directory_destination_type,
     .documentation = "Path in the image.",
     .presence = Presence::required},
    {.name = "source",
     .type = &k_optional_path_type,
     .documentation = "File beside the config. Excludes `content` and `url`."},
    {.name = "content",
     .type = &k_text_type,
     .documentation = "The text of the file. Excludes `source` and `url`.",
     .since = "0.7"},
    {.name = "url",
     .type = &k_file_url_type,
     .documentation = "Where the file is fetched from when an image is made. Needs `sha256`. "
                      "Excludes `source` and `content`.",
     .is_own = true},
    {.name = "sha256",
     .type = &k_sha256_type,
     .documentation = "What the file of `url` or `source` has to be: anything else is refused.",
     .is_own = true},
    {.name = "size",
     .type = &k_file_size_type,
     .documentation = "Its size in bytes: nothing longer is taken from the server.",
     .default_text = "any, up to 2 GiB",
     .is_own = true},
    {.name = "permissions",
     .type = &k_permissions_type,
     .documentation = "Its permissions.",
     .default_text = "those of the source, or 644"},
    {.name = "unpack",
     .type = &k_boolean_type,
     .documentation = "The file is a tar archive (gzip, xz, zstd, bzip2, or not compressed) or a "
                      "ZIP archive: its members come below `destination`, a directory.",
     .default_text = "false",
     .is_own = true},
    {.name = "stripComponents",
     .type = &k_strip_components_type,
     .documentation = "How many directories are left out at the beginning of each member's path, "
                      "as by `tar --strip-components`. Needs `unpack`.",
     .default_text = "0",
     .is_own = true},
    {.name = "sha256hash",
     .type = &k_text_type,
     .removed_hint = "remove it; the digest of a file that is fetched is \"sha256\""},
};
constexpr std::string_view k_file_mapping_choice[] = {"source", "content", "url"};
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
