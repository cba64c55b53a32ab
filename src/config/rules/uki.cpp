// SPDX-License-Identifier: MIT
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "config/rules/rules.hpp"

namespace imagewright::config {

namespace {

struct UkiConflict {
  std::string what;
  base::SourceLocation where;
};

std::vector<UkiConflict> conflicts_with_uki(const model::OsConfig& os,
                                            const model::StorageConfig& storage,
                                            model::UkiMode mode) {
  std::vector<UkiConflict> conflicts;
  const auto add = [&](std::string what, const base::SourceLocation& where) {
    conflicts.push_back({std::move(what), where});
  };
  if (os.bootloader_reset) add("\"bootloader.resetType\"", *os.bootloader_reset);
  if (!storage.verity.empty()) add("\"storage.verity\"", storage.verity.front().where);
  if (!os.overlays.empty()) add("\"overlays\"", os.overlays.front().where);
  if (mode != model::UkiMode::passthrough) return conflicts;
  if (os.selinux_mode) add("\"selinux.mode\"", os.selinux_mode->where);
  if (!os.kernel_command_line.empty())
    add("\"kernelCommandLine\"", os.kernel_command_line.front().where);
  const auto& verity = storage.reinitialize_verity;
  if (verity && verity->value == model::ReinitializeVerity::all)
    add("\"reinitializeVerity: all\"", verity->where);
  return conflicts;
}

} // namespace

base::Diagnostics check_uki(const model::OsConfig& os, const model::StorageConfig& storage) {
  base::Diagnostics diagnostics;
  if (!os.uki_mode || os.uki_mode->value == model::UkiMode::create) return diagnostics;
  const std::string_view mode =
      os.uki_mode->value == model::UkiMode::passthrough ? "passthrough" : "modify";
  for (const UkiConflict& conflict : conflicts_with_uki(os, storage, os.uki_mode->value)) {
    diagnostics.add(
        {.code = "config.conflict",
         .message = fmt::format("the UKI mode {} and {} exclude each other", mode, conflict.what),
         .where = conflict.where,
         .related = {{os.uki_mode->where, "the mode is set here"}},
         .hint = "remove one of them, or use the UKI mode create"});
  }
  return diagnostics;
}

} // namespace imagewright::config
