// SPDX-License-Identifier: MIT
#include <imagewright/base/paths.hpp>

namespace imagewright::base {

bool is_below(std::string_view path, std::string_view directory) {
  return path.size() > directory.size() && path.starts_with(directory) &&
         (directory == "/" || path[directory.size()] == '/');
}

bool is_at_or_below(std::string_view path, std::string_view directory) {
  return path == directory || is_below(path, directory);
}

} // namespace imagewright::base
