// SPDX-License-Identifier: MIT
#include <imagewright/model/repository.hpp>

namespace imagewright::model {

const std::string& Repository::address() const {
  if (!base_url.empty()) return base_url;
  return mirror_list.empty() ? path : mirror_list;
}

} // namespace imagewright::model
