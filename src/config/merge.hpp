// SPDX-License-Identifier: MIT
#pragma once

// What it means to build on another config.

#include <iterator>
#include <utility>
#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/model/image_config.hpp>

namespace imagewright::config {

/// Both lists in a row.
template <typename Item>
std::vector<Item> joined(std::vector<Item> first, std::vector<Item> second) {
  first.insert(first.end(), std::make_move_iterator(second.begin()),
               std::make_move_iterator(second.end()));
  return first;
}

/// What two configs may not both say.
base::Diagnostics check_mergeable(const model::ImageConfig& base, const model::ImageConfig& own);

/// `own` on top of `base`: lists are joined, single values of `own` win when they are given.
model::ImageConfig merged(model::ImageConfig base, model::ImageConfig own);

} // namespace imagewright::config
