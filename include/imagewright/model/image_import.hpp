// SPDX-License-Identifier: MIT
#pragma once

// Where a node keeps images of containers that containerd takes when it starts.

#include <string_view>

namespace imagewright::model {

inline constexpr std::string_view k_import_directory = "/usr/lib/imagewright/container-images";
inline constexpr std::string_view k_import_script = "/usr/lib/imagewright/import-container-images";
inline constexpr std::string_view k_import_unit = "imagewright-container-images.service";

} // namespace imagewright::model
