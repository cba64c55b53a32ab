// SPDX-License-Identifier: MIT
#include <algorithm>

#include <imagewright/base/text.hpp>
#include <imagewright/model/mount_options.hpp>

namespace imagewright::model {

bool has_mount_option(std::string_view options, std::string_view wanted) {
  const auto words = base::split(options, ',');
  return std::ranges::find(words, wanted) != words.end();
}

} // namespace imagewright::model
