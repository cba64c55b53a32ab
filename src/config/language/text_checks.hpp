// SPDX-License-Identifier: MIT
#pragma once

// Which texts are good values. Each check gives nothing when the text is good.

#include <optional>
#include <string_view>

#include "config/language/type.hpp"

namespace imagewright::config {

std::optional<TextComplaint> check_non_blank(std::string_view text);
std::optional<TextComplaint> check_no_blanks(std::string_view text);
std::optional<TextComplaint> check_absolute_path(std::string_view text);
std::optional<TextComplaint> check_file_destination(std::string_view text);
std::optional<TextComplaint> check_directory_destination(std::string_view text);
std::optional<TextComplaint> check_place_in_partition(std::string_view text);
std::optional<TextComplaint> check_program_path(std::string_view text);
std::optional<TextComplaint> check_home(std::string_view text);
std::optional<TextComplaint> check_variable_name(std::string_view text);
std::optional<TextComplaint> check_mount_path(std::string_view text);
/// Where a filesystem of the disk may be mounted.
std::optional<TextComplaint> check_filesystem_path(std::string_view text);
std::optional<TextComplaint> check_mount_options(std::string_view text);
std::optional<TextComplaint> check_subvolume_path(std::string_view text);
std::optional<TextComplaint> check_local_path(std::string_view text);
std::optional<TextComplaint> check_hash_signature_path(std::string_view text);
std::optional<TextComplaint> check_disk_size(std::string_view text);
std::optional<TextComplaint> check_partition_size(std::string_view text);
std::optional<TextComplaint> check_byte_size(std::string_view text);
std::optional<TextComplaint> check_permissions(std::string_view text);
std::optional<TextComplaint> check_partition_label(std::string_view text);
std::optional<TextComplaint> check_partition_type(std::string_view text);
std::optional<TextComplaint> check_verity_name(std::string_view text);
std::optional<TextComplaint> check_hostname(std::string_view text);
std::optional<TextComplaint> check_time(std::string_view text);
std::optional<TextComplaint> check_series(std::string_view text);
std::optional<TextComplaint> check_locale(std::string_view text);
std::optional<TextComplaint> check_timezone(std::string_view text);
std::optional<TextComplaint> check_package(std::string_view text);
std::optional<TextComplaint> check_unit(std::string_view text);
std::optional<TextComplaint> check_drop_in_name(std::string_view text);
std::optional<TextComplaint> check_identifier(std::string_view text);
std::optional<TextComplaint> check_file_name(std::string_view text);
/// 64 hexadecimal digits.
std::optional<TextComplaint> check_sha256(std::string_view text);
/// What os-release(5) allows for identifiers: lower case, digits, ".", "_" and "-".
std::optional<TextComplaint> check_release_word(std::string_view text);
/// A text of one line that os-release(5) can hold within quotes.
std::optional<TextComplaint> check_release_text(std::string_view text);
std::optional<TextComplaint> check_url(std::string_view text);
std::optional<TextComplaint> check_boot_url(std::string_view text);
std::optional<TextComplaint> check_oci_reference(std::string_view text);
std::optional<TextComplaint> check_container_image_name(std::string_view text);
std::optional<TextComplaint> check_container_source(std::string_view text);
std::optional<TextComplaint> check_oci_platform(std::string_view text);
std::optional<TextComplaint> check_image_version(std::string_view text);
std::optional<TextComplaint> check_image_variant(std::string_view text);
std::optional<TextComplaint> check_fingerprint(std::string_view text);
std::optional<TextComplaint> check_sysctl_key(std::string_view text);

} // namespace imagewright::config
