// SPDX-License-Identifier: MIT
#include "config/language/language.hpp"
#include "config/language/text_checks.hpp"

namespace imagewright::config {

namespace {

constexpr Type k_place_type{.shape = Shape::text,
                            .title = "the path of a file inside of a partition",
                            .check = check_place_in_partition,
                            .pattern = "^(?=.*[^/.])[^\\x00-\\x1f\\x7f]+$",
                            .example = "/EFI/BOOT/bootx64.efi",
                            .form = TextForm::image_path};

constexpr Key k_partition_keys[] = {
    {.name = "idType",
     .type = &k_identifier_type,
     .documentation = "What `id` is.",
     .default_text = "part-uuid"},
    {.name = "id",
     .type = &k_non_blank_type,
     .documentation = "The partition's identifier or label, or that of its filesystem.",
     .presence = Presence::required},
};
constexpr Type k_partition_type{
    .shape = Shape::mapping, .title = "a partition", .keys = k_partition_keys};

constexpr Key k_file_keys[] = {
    {.name = "partition",
     .type = &k_partition_type,
     .documentation = "Where the file is put.",
     .presence = Presence::required},
    {.name = "destination",
     .type = &k_place_type,
     .documentation = "Its path, from the top of that partition.",
     .presence = Presence::required},
    {.name = "source",
     .type = &k_path_type,
     .documentation = "The file: the signed one takes the place of the one that was written there.",
     .presence = Presence::required},
    {.name = "type",
     .type = &k_optional_text_type,
     .documentation = "What the file is (`ukis`, `shim`, `bootloader`, `verity-hash` or a word of "
                      "one's own), for those who sign it.",
     .since = "1.1"},
};
constexpr Type k_file_type{
    .shape = Shape::mapping, .title = "a file to put back", .keys = k_file_keys};
constexpr Type k_files_type{.shape = Shape::list, .item = &k_file_type};

constexpr Key k_keys[] = {
    {.name = "injectFiles",
     .type = &k_files_type,
     .documentation = "The files, and where each belongs."},
    {.name = "previewFeatures",
     .type = &k_preview_list_type,
     .documentation = "Preview features. `inject-files` has to be among them, whatever else the "
                      "file says."},
};

} // namespace

constinit const Type k_inject_files_type{
    .shape = Shape::mapping, .title = "a list of files to put back", .keys = k_keys};

} // namespace imagewright::config
