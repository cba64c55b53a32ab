// SPDX-License-Identifier: MIT
#include <imagewright/model/boot_loader.hpp>

namespace imagewright::model {

const BootLoaderRow* find_boot_loader(std::string_view word) {
  for (const BootLoaderRow& row : k_boot_loaders) {
    if (row.word == word) return &row;
  }
  return nullptr;
}

} // namespace imagewright::model
