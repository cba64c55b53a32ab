// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <string>
#include <variant>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>

#include "config/rules/credentials.hpp"
#include "config/rules/rules.hpp"

namespace imagewright::config {

namespace {

base::Diagnostics check_btrfs_gate(const model::ImageConfig& own) {
  base::Diagnostics diagnostics;
  for (const model::FilesystemConfig& filesystem : own.storage.filesystems) {
    const bool is_btrfs = filesystem.type && filesystem.type->value == model::FilesystemType::btrfs;
    if (!is_btrfs || own.has_preview_feature("btrfs")) continue;
    diagnostics.error("config.preview-feature",
                      "the filesystem type btrfs needs the preview feature \"btrfs\"",
                      filesystem.type->where, "add \"- btrfs\" to previewFeatures in this file");
  }
  return diagnostics;
}

/// Settings for btrfs are refused beside another type even when they are empty.
base::Diagnostics check_btrfs_settings(const CheckedDocument& document) {
  base::Diagnostics diagnostics;
  const auto root = document.root();
  const auto storage = root ? root->mapping("storage") : std::nullopt;
  if (!storage) return diagnostics;
  for (const Reader& filesystem : storage->mappings("filesystems")) {
    const auto settings = filesystem.mapping("btrfs");
    const auto type = filesystem.word<model::FilesystemType>("type");
    if (!settings || (type && type->value == model::FilesystemType::btrfs)) continue;
    diagnostics.error("config.bad-filesystem",
                      "\"btrfs\" settings are only for filesystems of the type btrfs",
                      settings->where(), "set \"type: btrfs\", or remove them");
  }
  return diagnostics;
}

base::Diagnostics check_public_keys(const CheckedDocument& document) {
  base::Diagnostics diagnostics;
  const auto root = document.root();
  const auto os = root ? root->mapping("os") : std::nullopt;
  if (!os) return diagnostics;
  for (const Reader& user : os->mappings("users")) {
    for (const model::LocatedText& key : user.texts("sshPublicKeys"))
      diagnostics.append(check_public_key(key, user.text_or("name", "")));
  }
  return diagnostics;
}

/// Those that stand in the config itself.
base::Diagnostics check_public_places(const model::ImageConfig& own) {
  base::Diagnostics diagnostics;
  for (const model::AdditionalFile& file : own.os.additional_files) {
    if (const auto* text = std::get_if<std::string>(&file.content))
      diagnostics.append(check_file_in_public_place(*text, file.where, file.destination));
  }
  return diagnostics;
}

base::Diagnostics check_promises(const model::ImageConfig& own) {
  base::Diagnostics diagnostics;
  for (const model::CheckRequest& request : own.checks) {
    if (request.check.kind == model::CheckKind::file_content && request.check.expected.empty()) {
      diagnostics.error("config.missing-key",
                        fmt::format("the check of the file {} needs the key \"expect\"",
                                    base::quoted(request.check.subject)),
                        request.where, "add \"expect:\" with the file's content");
    }
    if (request.check.kind != model::CheckKind::unit_state) continue;
    constexpr std::array<std::string_view, 3> k_states{"enabled", "disabled", "masked"};
    if (std::ranges::find(k_states, request.check.expected) != k_states.end()) continue;
    diagnostics.error(
        "config.bad-value",
        fmt::format("a unit cannot be expected to be {}", base::quoted(request.check.expected)),
        request.where, "write active, enabled, disabled or masked, or remove \"expect\"");
  }
  return diagnostics;
}

} // namespace

base::Diagnostics check_file_rules(const model::ImageConfig& own, const CheckedDocument& document) {
  base::Diagnostics diagnostics;
  if (document.is_clean("storage")) diagnostics.append(check_storage(own.storage));
  if (document.is_clean("storage")) diagnostics.append(check_btrfs_settings(document));
  diagnostics.append(check_btrfs_gate(own));
  diagnostics.append(check_os(own.os, document));
  diagnostics.append(check_accounts(own.os));
  diagnostics.append(check_public_keys(document));
  diagnostics.append(check_public_places(own));
  if (document.is_clean("os") && document.is_clean("storage"))
    diagnostics.append(check_uki(own.os, own.storage));
  diagnostics.append(check_outputs(own, document));
  if (document.is_clean("checks")) diagnostics.append(check_promises(own));
  if (document.is_clean("repositories")) diagnostics.append(check_repositories(own.repositories));
  return diagnostics;
}

} // namespace imagewright::config
