// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/base/paths.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/model/kept_paths.hpp>

#include "config/rules/rules.hpp"

namespace imagewright::config {

namespace {

/// Whatever the config itself puts somewhere or edits: the path, and where it is said.
template <typename Look>
void for_each_named_path(const model::ImageConfig& config, const Look& look) {
  for (const model::AdditionalFile& file : config.os.additional_files)
    look(file.destination, file.where);
  for (const model::AdditionalDirectory& directory : config.os.additional_directories)
    look(directory.destination, directory.where);
  for (const model::PathEdit& edit : config.os.edits)
    look(edit.path.text, edit.path.where);
  for (const model::StoredPackages& stored : config.os.packages.stored)
    look(stored.directory.text, stored.directory.where);
}

/// What stands in a directory that the last step empties can be of use to scripts only.
base::Diagnostics check_lost_files(const model::ImageConfig& config) {
  base::Diagnostics diagnostics;
  const auto check = [&](const std::string& path, const base::SourceLocation& where) {
    for (const std::string_view directory : model::scratch_directories()) {
      if (!base::is_at_or_below(path, directory)) continue;
      if (model::is_of_use_to_scripts(directory, config.scripts)) continue;
      diagnostics.error(
          "config.lost-file",
          fmt::format("{} is not in the finished image: {} is emptied when it is made",
                      base::quoted(path), base::quoted(directory)),
          where, "choose another directory");
    }
  };
  for_each_named_path(config, check);
  for (const model::UserConfig& user : config.os.users) {
    const bool has_keys = !user.ssh_public_keys.empty() || !user.ssh_public_key_files.empty();
    if (has_keys && user.home_directory)
      check(user.home_directory->text + "/.ssh", user.home_directory->where);
  }
  return diagnostics;
}

/// The installation writes it after anything that a config could put there, and reads it back.
base::Diagnostics check_database_files(const model::ImageConfig& config) {
  base::Diagnostics diagnostics;
  const auto check = [&](const std::string& path, const base::SourceLocation& where) {
    for (const std::string_view directory : model::package_databases()) {
      if (!base::is_at_or_below(path, directory)) continue;
      diagnostics.error("config.package-database",
                        fmt::format("{} is of the database of packages, which rpm alone writes",
                                    base::quoted(path)),
                        where, "choose another directory, or install a package");
    }
  };
  for_each_named_path(config, check);
  return diagnostics;
}

/// Without scripts nobody would leave them behind.
base::Diagnostics check_script_files(const model::ImageConfig& config) {
  base::Diagnostics diagnostics;
  const auto& [post_customization, finalize_customization, network] = config.scripts;
  std::map<std::string, base::SourceLocation> known;
  for (const model::LocatedText& name : config.output.script_files) {
    if (post_customization.empty() && finalize_customization.empty()) {
      diagnostics.error("config.conflict",
                        fmt::format("the file {} is left behind by no script: there is none",
                                    base::quoted(name.text)),
                        name.where, "add a script under \"scripts\", or remove the file");
    }
    const auto [first, is_new] = known.emplace(name.text, name.where);
    if (is_new) continue;
    diagnostics.add({.code = "config.duplicate-name",
                     .message = fmt::format("the file {} is named twice", base::quoted(name.text)),
                     .where = name.where,
                     .related = {{first->second, "the first one stands here"}},
                     .hint = "keep one of them"});
  }
  return diagnostics;
}

base::Diagnostics check_boot_type(const model::ImageConfig& config) {
  base::Diagnostics diagnostics;
  const auto& boot_type = config.storage.boot_type;
  if (!boot_type || boot_type->value != model::BootType::legacy) return diagnostics;
  for (const model::LocatedText& name : config.architectures) {
    const model::Architecture* architecture = model::find_architecture(name.text);
    if (architecture == nullptr || architecture->can_boot_legacy_bios) continue;
    diagnostics.add({.code = "config.conflict",
                     .message = fmt::format("{} cannot boot with bootType legacy", name.text),
                     .where = boot_type->where,
                     .related = {{name.where, "the architecture is named here"}},
                     .hint = "use \"bootType: efi\""});
  }
  return diagnostics;
}

base::Diagnostics check_package_manager(const model::ImageConfig& config) {
  base::Diagnostics diagnostics;
  const auto& removal = config.os.packages.remove_package_manager;
  if (!removal) return diagnostics;
  for (const model::OutputImage& image : config.output.images) {
    if (model::image_format_of(image.format)) continue;
    diagnostics.add(
        {.code = "config.conflict",
         .message =
             "this output format needs the package database, which removePackageManager takes away",
         .where = image.where,
         .related = {{*removal, "removePackageManager is set here"}},
         .hint = "write a disk format, or keep the package manager"});
  }
  return diagnostics;
}

} // namespace

base::Diagnostics check_whole_config(const model::ImageConfig& config) {
  base::Diagnostics diagnostics = check_boot_type(config);
  diagnostics.append(check_lost_files(config));
  diagnostics.append(check_database_files(config));
  diagnostics.append(check_package_manager(config));
  diagnostics.append(check_script_files(config));
  diagnostics.append(check_writable_var(config));
  diagnostics.append(check_overlay_places(config));
  return diagnostics;
}

} // namespace imagewright::config
