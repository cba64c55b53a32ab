// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace imagewright::finalize {

/// The last part of a path.
inline std::string file_name_of(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

} // namespace imagewright::finalize
