// SPDX-License-Identifier: MIT
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/model/settings_files.hpp>

#include "config/language/text_checks.hpp"
#include "config/rules/rules.hpp"

namespace imagewright::config {

namespace {

/// "a.b" and "a/b" are one parameter.
base::Diagnostics check_sysctl(const model::OsConfig& os) {
  base::Diagnostics diagnostics;
  std::map<std::string, base::SourceLocation> known;
  for (const auto& [key, value] : os.sysctl) {
    const auto [first, is_new] = known.emplace(model::sysctl_name(key), value.where);
    if (is_new) continue;
    diagnostics.add(
        {.code = "config.duplicate-name",
         .message = fmt::format("the kernel parameter {} is set twice", base::quoted(key)),
         .where = value.where,
         .related = {{first->second, "the other one stands here"}},
         .hint = "keep one of them"});
  }
  return diagnostics;
}

base::Diagnostics check_modules(const model::OsConfig& os) {
  base::Diagnostics diagnostics;
  std::map<std::string, base::SourceLocation> known;
  for (const model::ModuleConfig& module : os.modules) {
    const auto [first, is_new] =
        known.emplace(model::with_underscores(module.name.text), module.name.where);
    if (!is_new) {
      diagnostics.add({.code = "config.duplicate-name",
                       .message = fmt::format("the kernel module {} is described twice",
                                              base::quoted(module.name.text)),
                       .where = module.name.where,
                       .related = {{first->second, "the first one stands here"}},
                       .hint = "keep one of them"});
    }
    if (module.load_mode == model::ModuleLoadMode::disable && !module.options.empty()) {
      diagnostics.error(
          "config.conflict",
          fmt::format("the kernel module {} is disabled, so its options have no meaning",
                      base::quoted(module.name.text)),
          module.where, "remove the options");
    }
    for (const auto& [name, value] : module.options) {
      if (name.empty() || value.empty()) {
        diagnostics.error("config.bad-value", "an option of a kernel module is empty", module.where,
                          "write a name and a value");
      }
    }
  }
  return diagnostics;
}

/// The same unit however it is written: "sshd" is "sshd.service".
std::string full_unit_name(const std::string& name) {
  return name.find('.') == std::string::npos ? name + ".service" : name;
}

base::Diagnostics check_services(const model::ServicesConfig& services) {
  base::Diagnostics diagnostics;
  std::map<std::string, base::SourceLocation> enabled;
  for (const model::LocatedText& unit : services.enable)
    enabled.emplace(full_unit_name(unit.text), unit.where);
  const auto compare = [&](const std::vector<model::LocatedText>& units, std::string_view verb,
                           base::Severity severity) {
    for (const model::LocatedText& unit : units) {
      const auto found = enabled.find(full_unit_name(unit.text));
      if (found == enabled.end()) continue;
      diagnostics.add(
          {.severity = severity,
           .code = "config.conflict",
           .message = fmt::format("the unit {} is enabled and {}", base::quoted(unit.text), verb),
           .where = unit.where,
           .related = {{found->second, "it is enabled here"}},
           .hint = "keep one of them"});
    }
  };
  // Image Customizer takes both, and disables last; such files stay valid.
  compare(services.disable, "disabled", base::Severity::warning);
  compare(services.mask, "masked", base::Severity::error);
  return diagnostics;
}

/// What is fetched has to be one file and no other; what stands in the config is that already.
base::Diagnostics check_remote_file(const Reader& file) {
  base::Diagnostics diagnostics;
  const auto url = file.text("url");
  if (url && !file.text("sha256")) {
    diagnostics.error("config.missing-key", "a file with \"url\" needs the key \"sha256\"",
                      url->where,
                      "add \"sha256:\" with the digest that its publisher names, or that "
                      "sha256sum prints of a copy that you trust");
  }
  const yaml::Node* digest = file.find_value("sha256");
  if (digest != nullptr && !url && !file.text("source")) {
    diagnostics.error("config.conflict", "\"sha256\" is for files with \"url\" or \"source\" only",
                      digest->where, "remove it, or name the file with \"url\" or \"source\"");
  }
  const yaml::Node* size = file.find_value("size");
  if (size != nullptr && !url) {
    diagnostics.error("config.conflict", "\"size\" is for files with \"url\" only", size->where,
                      "remove it, or fetch the file with \"url\"");
  }
  return diagnostics;
}

/// Archives have permissions of their own, and only of archives there are members. These come below
/// a directory, and other files have a name.
base::Diagnostics check_unpacking(const Reader& file) {
  base::Diagnostics diagnostics;
  const bool is_unpacked = file.is_true("unpack");
  const yaml::Node* destination = file.find_value("destination");
  const auto complaint = destination == nullptr || is_unpacked
                             ? std::nullopt
                             : check_file_destination(destination->text);
  if (complaint) {
    diagnostics.error(
        "config.bad-value",
        fmt::format("\"destination\": {} {}", base::quoted(destination->text), complaint->phrase),
        destination->where, complaint->hint);
  }
  for (const std::string_view key : {"content", "permissions"}) {
    const yaml::Node* value = file.find_value(key);
    if (!is_unpacked || value == nullptr) continue;
    diagnostics.error(
        "config.conflict",
        fmt::format("{} has no meaning for an archive that is unpacked", base::quoted(key)),
        value->where,
        key == "content" ? "name the archive with \"source\" or \"url\""
                         : "remove it: the members have the permissions that the archive says");
  }
  const yaml::Node* count = file.find_value("stripComponents");
  if (count != nullptr && !is_unpacked) {
    diagnostics.error("config.conflict", "\"stripComponents\" is for archives only", count->where,
                      "remove it, or add \"unpack: true\"");
  }
  return diagnostics;
}

base::Diagnostics check_remote_files(const CheckedDocument& document) {
  base::Diagnostics diagnostics;
  const auto root = document.root();
  for (const std::string_view owner : {"os", "iso", "pxe"}) {
    const auto section = root ? root->mapping(owner) : std::nullopt;
    if (!section) continue;
    for (const Reader& file : section->mappings("additionalFiles")) {
      diagnostics.append(check_remote_file(file));
      diagnostics.append(check_unpacking(file));
    }
  }
  return diagnostics;
}

std::optional<base::SourceLocation> place_of(const model::IdentityConfig& identity) {
  const auto& [variant_id, variant, image_id, image_version] = identity;
  for (const auto* each : {&variant_id, &variant, &image_id, &image_version}) {
    if (*each) return (*each)->where;
  }
  return std::nullopt;
}

/// A file of the config comes last: what the identity says would be lost.
base::Diagnostics check_identity(const model::OsConfig& os) {
  base::Diagnostics diagnostics;
  const auto place = place_of(os.identity);
  if (!place) return diagnostics;
  for (const model::AdditionalFile& file : os.additional_files) {
    if (file.destination != "/etc/os-release" && file.destination != "/usr/lib/os-release")
      continue;
    diagnostics.add({.code = "config.conflict",
                     .message = fmt::format("{} is a file of this config, so os.identity has no "
                                            "meaning",
                                            base::quoted(file.destination)),
                     .where = *place,
                     .related = {{file.where, "the file stands here"}},
                     .hint = "say it in the file, and remove os.identity"});
  }
  return diagnostics;
}

/// Files of the config come after what its keys write, and have the last word.
base::Diagnostics warn_of_overwritten_keys(const model::OsConfig& os) {
  const bool has_accounts = !os.users.empty() || !os.groups.empty();
  const std::map<std::string, std::pair<bool, const char*>> written{
      {"/etc/hostname", {os.hostname.has_value(), "os.hostname"}},
      {"/etc/locale.conf", {os.locale.has_value(), "os.locale"}},
      {"/etc/vconsole.conf", {os.keymap.has_value(), "os.keymap"}},
      {"/etc/localtime", {os.timezone.has_value(), "os.timezone"}},
      {"/etc/passwd", {has_accounts, "os.users"}},
      {"/etc/shadow", {has_accounts, "os.users"}},
      {"/etc/group", {has_accounts, "os.users and os.groups"}},
      {"/etc/gshadow", {has_accounts, "os.users and os.groups"}}};
  base::Diagnostics diagnostics;
  for (const model::AdditionalFile& file : os.additional_files) {
    const auto found = written.find(file.destination);
    if (found == written.end() || !found->second.first) continue;
    diagnostics.warning("config.conflict",
                        fmt::format("{} takes the place of what {} writes there",
                                    base::quoted(file.destination), found->second.second),
                        file.where, "keep one of them");
  }
  return diagnostics;
}

} // namespace

base::Diagnostics check_os(const model::OsConfig& os, const CheckedDocument& document) {
  base::Diagnostics diagnostics;
  if (!document.is_clean("os")) return diagnostics;
  diagnostics.append(check_modules(os));
  diagnostics.append(check_sysctl(os));
  diagnostics.append(warn_of_overwritten_keys(os));
  diagnostics.append(check_services(os.services));
  diagnostics.append(check_overlays(os));
  diagnostics.append(check_remote_files(document));
  diagnostics.append(check_edits(document));
  diagnostics.append(check_identity(os));
  if (os.network) diagnostics.append(check_network(*os.network));
  return diagnostics;
}

} // namespace imagewright::config
