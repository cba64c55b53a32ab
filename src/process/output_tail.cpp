// SPDX-License-Identifier: MIT
#include <imagewright/process/supervision.hpp>

namespace imagewright::process {

void OutputTail::append(std::string_view text) {
  kept_.append(text);
  // Cutting only now and then keeps the cost of an endless output linear.
  if (kept_.size() > 2 * limit_) kept_.erase(0, kept_.size() - limit_);
}

std::string OutputTail::text() const {
  return kept_.size() > limit_ ? kept_.substr(kept_.size() - limit_) : kept_;
}

} // namespace imagewright::process
