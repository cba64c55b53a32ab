// SPDX-License-Identifier: MIT
#pragma once

namespace imagewright::base {

/// For std::unique_ptr of handles of a library in C: calls the library's own function.
template <auto free_it>
struct Freeing {
  template <typename Handle>
  void operator()(Handle* handle) const {
    free_it(handle);
  }
};

} // namespace imagewright::base
