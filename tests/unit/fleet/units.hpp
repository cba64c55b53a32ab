// SPDX-License-Identifier: MIT
#pragma once

// Lists of units for tests.

#include <fmt/format.h>

#include <imagewright/fleet/unit.hpp>

namespace imagewright_test {

inline imagewright::fleet::UnitList units(std::uint64_t count) {
  using namespace imagewright;
  fleet::UnitList list{
      .tool_version = "0.1.0", .release = {}, .repositories = {}, .shard = {}, .units = {}};
  for (std::uint64_t index = 0; index < count; ++index) {
    list.units.push_back({.id = fmt::format("node-{}-x86-64", index),
                          .index = index,
                          .variant = fmt::format("node-{}", index),
                          .config = "node.yaml",
                          .platform = {},
                          .lock = "node.lock.json",
                          .inputs = {.tool_version = "0.1.0",
                                     .architecture = "x86_64",
                                     .files = {.hex = std::string(64, 'a')},
                                     .lock = {.hex = std::string(64, 'c')},
                                     .formats = {},
                                     .epoch = std::nullopt},
                          .needs = {.processors = 2,
                                    .memory = base::ByteSize::mib(2048),
                                    .disk = base::ByteSize::mib(100 + index),
                                    .is_emulated = false,
                                    .seconds = std::nullopt},
                          .outputs = {fmt::format("node-{}.qcow2", index)}});
  }
  return list;
}

} // namespace imagewright_test
