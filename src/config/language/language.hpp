// SPDX-License-Identifier: MIT
#pragma once

#include "config/language/type.hpp"

namespace imagewright::config {

// Roots: one for each kind of file.
extern const Type k_image_config_type;
extern const Type k_release_profile_type;
extern const Type k_package_list_type;
extern const Type k_inject_files_type;

// Simple values.
extern const Type k_text_type;
extern const Type k_non_blank_type;
extern const Type k_word_without_blanks_type;
extern const Type k_boolean_type;
extern const Type k_path_type;
extern const Type k_optional_text_type; ///< "" is not given, as in the next two
extern const Type k_optional_name_type;
extern const Type k_optional_path_type;
extern const Type k_absolute_path_type;
extern const Type k_file_destination_type;
extern const Type k_directory_destination_type;
extern const Type k_mount_path_type;
extern const Type k_filesystem_path_type;
extern const Type k_mount_options_type;
extern const Type k_disk_size_type;
extern const Type k_room_type; ///< a size that is not 0
extern const Type k_byte_size_type;
extern const Type k_permissions_type;
extern const Type k_series_type;
extern const Type k_package_type;
extern const Type k_unit_type;
extern const Type k_architecture_type;
extern const Type k_plain_word_type; ///< letters, digits, "_", "." and "-"
extern const Type k_plain_word_list_type;
extern const Type k_argument_list_type;
extern const Type k_unit_list_type;
extern const Type k_text_list_type;
extern const Type k_non_blank_list_type;
extern const Type k_path_list_type;
extern const Type k_optional_name_list_type;
extern const Type k_optional_path_list_type;
extern const Type k_package_list_items_type;
extern const Type k_text_map_type;

// Sections.
extern const Type k_input_type;
extern const Type k_storage_type;
extern const Type k_mount_point_type;
extern const Type k_os_type;
extern const Type k_packages_type;
extern const Type k_groups_type;
extern const Type k_users_type;
extern const Type k_additional_files_type;
extern const Type k_additional_directories_type;
extern const Type k_edits_type;
extern const Type k_services_type;
extern const Type k_modules_type;
extern const Type k_container_images_type;
extern const Type k_kernel_command_line_type;
extern const Type k_repositories_type;
extern const Type k_network_type;
extern const Type k_platforms_type;
extern const Type k_iso_type;
extern const Type k_pxe_type;
extern const Type k_scripts_type;
extern const Type k_output_type;
extern const Type k_checks_type;

/// Names of platforms, as words.
extern const Type k_platform_word_type;
/// Names of preview features, as words.
extern const Type k_preview_feature_type;
extern const Type k_preview_list_type;
/// How a partition or filesystem is named, as words.
extern const Type k_identifier_type;

} // namespace imagewright::config
