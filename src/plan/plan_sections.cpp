// SPDX-License-Identifier: MIT
#include "plan_sections.hpp"

#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/model/verity.hpp>

namespace imagewright::plan {

namespace {

using Row = std::vector<std::string>;
using Rows = std::vector<Row>;

std::string mode_text(mode_t mode) {
  return fmt::format("{:04o}", mode);
}

std::string from(const std::string& origin) {
  return "from " + origin;
}

std::string texts_of(const std::vector<model::LocatedText>& located) {
  std::vector<std::string> texts;
  for (const model::LocatedText& each : located)
    texts.push_back(each.text);
  return base::join(texts, ", ");
}

void add_text(Rows& rows, const std::string& name, const std::optional<model::LocatedText>& text) {
  if (text) rows.push_back({name, text->text});
}

Rows system_rows(const model::OsConfig& os) {
  Rows rows;
  add_text(rows, "hostname", os.hostname);
  add_text(rows, "locale", os.locale);
  add_text(rows, "time zone", os.timezone);
  add_text(rows, "keymap", os.keymap);
  if (os.machine_id) {
    const bool is_kept = os.machine_id->value == model::MachineIdMode::keep;
    rows.push_back({"machine id", is_kept ? "as the packages leave it" : "made at the first boot"});
  }
  return rows;
}

/// No word of a password: only of which kind it is.
Row user_row(const model::UserConfig& user) {
  Row row{user.name, user.uid ? fmt::format("uid {}", *user.uid) : "next free uid"};
  std::vector<std::string> facts;
  if (user.password) facts.push_back("password " + word_of(user.password->type));
  const std::size_t keys = user.ssh_public_keys.size() + user.ssh_public_key_files.size();
  if (keys > 0) facts.push_back(fmt::format("ssh keys: {}", keys));
  if (user.primary_group) facts.push_back("group " + user.primary_group->text);
  if (!user.secondary_groups.empty()) facts.push_back("also in " + texts_of(user.secondary_groups));
  if (user.startup_command) facts.push_back("shell " + user.startup_command->text);
  if (user.home_directory) facts.push_back("home " + user.home_directory->text);
  if (user.password_expires_days)
    facts.push_back(fmt::format("password expires after {} days", *user.password_expires_days));
  row.push_back(base::join(facts, ", "));
  return row;
}

Rows account_rows(const model::OsConfig& os) {
  Rows rows;
  for (const model::GroupConfig& group : os.groups)
    rows.push_back(
        {group.name, group.gid ? fmt::format("gid {}", *group.gid) : "next free gid", "group"});
  for (const model::UserConfig& user : os.users)
    rows.push_back(user_row(user));
  return rows;
}

Rows argument_rows(const std::vector<model::KernelArgument>& arguments) {
  Rows rows;
  for (const model::KernelArgument& argument : arguments)
    rows.push_back({argument.text, from(argument.origin)});
  return rows;
}

Rows yielded_rows(const std::vector<model::YieldedArgument>& arguments) {
  Rows rows;
  for (const auto& [argument, winner] : arguments)
    rows.push_back(
        {argument.text, from(argument.origin), "to " + winner.text, from(winner.origin)});
  return rows;
}

Rows file_rows(const std::vector<model::PolicyFile>& files, const model::OsConfig& os) {
  Rows rows;
  for (const model::PolicyFile& file : files)
    rows.push_back({mode_text(file.permissions), file.path, from(file.origin)});
  for (const model::AdditionalDirectory& directory : os.additional_directories)
    rows.push_back({"tree", directory.destination, from("os.additionalDirs")});
  for (const model::AdditionalFile& file : os.additional_files) {
    const bool is_text = std::holds_alternative<std::string>(file.content);
    const std::string unset = is_text ? mode_text(0644) : "source";
    const std::string origin =
        file.remote ? fmt::format("fetched from {}", base::without_secrets(file.remote->url))
                    : from("os.additionalFiles");
    if (file.stored_package) {
      rows.push_back({"package", file.destination, from("os.packages.stored")});
      continue;
    }
    const std::string kind = file.unpacking     ? "unpacked"
                             : file.permissions ? mode_text(*file.permissions)
                                                : unset;
    rows.push_back({kind, file.destination, origin});
  }
  for (const model::PathEdit& edit : os.edits)
    rows.push_back({"edit", edit.path.text, from("os.edits") + ": " + model::edit_text(edit)});
  return rows;
}

Rows container_rows(const std::vector<model::LockedContainerImage>& images) {
  Rows rows;
  for (const model::LockedContainerImage& image : images) {
    rows.push_back(
        {image.name, image.manifest.to_string(),
         fmt::format("{} layers, {}", image.layers.size(),
                     image.pinning == model::Pinning::pinned ? "pinned" : "not pinned")});
  }
  return rows;
}

Rows setting_rows(const std::vector<model::PolicySetting>& settings) {
  Rows rows;
  for (const model::PolicySetting& setting : settings) {
    const bool is_optional = setting.absence == model::PolicySetting::Absence::ignored;
    rows.push_back({setting.path, setting.key + "=" + setting.value,
                    from(setting.origin) + (is_optional ? ", if there is the file" : "")});
  }
  return rows;
}

Rows unit_rows(const std::vector<model::UnitChange>& changes) {
  Rows rows;
  for (const model::UnitChange& change : changes)
    rows.push_back({model::to_string(change.state), change.unit, from(change.origin)});
  return rows;
}

Rows module_rows(const model::OsConfig& os) {
  Rows rows;
  for (const model::ModuleConfig& module : os.modules) {
    Row row{module.name.text, word_of(module.load_mode)};
    for (const auto& [name, value] : module.options)
      row.push_back(name + "=" + value);
    rows.push_back(std::move(row));
  }
  return rows;
}

Rows initramfs_rows(const model::InitramfsFacts& facts, const std::vector<std::string>& modules,
                    const std::vector<std::string>& drivers) {
  Rows rows;
  const auto add = [&](const std::string& name, const std::vector<std::string>& words) {
    if (!words.empty()) rows.push_back({name, base::join(words, " ")});
  };
  add("modules", facts.modules);
  add("modules of the policy", modules);
  add("left out", facts.omit_modules);
  add("drivers", facts.drivers);
  add("drivers of the policy", drivers);
  add("filesystems", facts.filesystems);
  rows.push_back({"compression", facts.compression});
  return rows;
}

std::string script_name(const model::ScriptConfig& script) {
  if (!script.name.empty()) return script.name;
  return script.path.empty() ? "text of the config" : script.path;
}

Rows script_rows(const model::ScriptsConfig& scripts) {
  Rows rows;
  for (const model::ScriptConfig& script : scripts.post_customization)
    rows.push_back({"postCustomization", script_name(script), script.interpreter});
  for (const model::ScriptConfig& script : scripts.finalize_customization)
    rows.push_back({"finalizeCustomization", script_name(script), script.interpreter});
  return rows;
}

Rows boot_rows(const finalize::BootLoader& loader, const model::DefaultKernel& kernel,
               const std::vector<model::KernelCompanion>& companions, model::FileLabels labels) {
  Rows rows{{"loader", word_of(loader.kind)}, {"kernels", word_of(loader.kernels)}};
  const auto& [package, series] = kernel;
  std::string chosen = "the newest";
  if (!package.empty()) chosen += " of package " + package;
  if (!series.empty()) chosen += " of series " + series;
  rows.push_back({"default kernel", chosen});
  for (const model::KernelCompanion& companion : companions)
    rows.push_back({"beside each kernel", companion.name, from(companion.origin)});
  rows.push_back({"SELinux labels", word_of(labels)});
  return rows;
}

Rows check_rows(const std::vector<model::Check>& checks) {
  Rows rows;
  for (const model::Check& check : checks) {
    Row row{check.name, model::to_string(check.kind)};
    if (!check.subject.empty()) row.push_back(base::quoted(check.subject));
    if (!check.expected.empty()) row.push_back("is " + base::quoted(check.expected));
    rows.push_back(std::move(row));
  }
  return rows;
}

Rows drop_in_rows(const model::OsConfig& os) {
  Rows rows;
  for (const model::UnitDropIn& drop_in : os.services.drop_ins)
    rows.push_back({drop_in.unit, drop_in.name});
  return rows;
}

Rows sysctl_rows(const model::OsConfig& os) {
  Rows rows;
  for (const auto& [name, value] : os.sysctl)
    rows.push_back({name, value.text});
  return rows;
}

Rows overlay_rows(const model::OsConfig& os) {
  Rows rows;
  for (const model::OverlayConfig& overlay : os.overlays) {
    rows.push_back({overlay.mount_point.text, "over " + base::join(overlay.lower_directories, ":"),
                    overlay.stage == model::OverlayStage::initrd ? "in the initramfs" : ""});
  }
  return rows;
}

} // namespace

std::string word_of(model::FileLabels labels) {
  switch (labels) {
  case model::FileLabels::none:
    return "none";
  case model::FileLabels::required:
    return "required";
  case model::FileLabels::automatic:
    return "where the packages bring a policy";
  }
  throw base::BugError("unknown kind of file labels");
}

std::string word_of(model::ModuleLoadMode mode) {
  switch (mode) {
  case model::ModuleLoadMode::inherit:
    return "inherit";
  case model::ModuleLoadMode::always:
    return "always";
  case model::ModuleLoadMode::automatic:
    return "auto";
  case model::ModuleLoadMode::disable:
    return "disable";
  }
  throw base::BugError("unknown load mode");
}

std::string word_of(finalize::BootLoaderKind kind) {
  switch (kind) {
  case finalize::BootLoaderKind::none:
    return "none";
  case finalize::BootLoaderKind::systemd_boot:
    return "systemd-boot";
  case finalize::BootLoaderKind::grub:
    return "grub, started by UEFI";
  case finalize::BootLoaderKind::grub_bios:
    return "grub, started by a BIOS";
  }
  throw base::BugError("unknown boot loader");
}

std::string word_of(finalize::KernelForm form) {
  switch (form) {
  case finalize::KernelForm::separate:
    return "separate files";
  case finalize::KernelForm::unified:
    return "unified images";
  case finalize::KernelForm::packaged:
    return "unified images of packages";
  }
  throw base::BugError("unknown form of kernels");
}

std::string word_of(model::PasswordType type) {
  switch (type) {
  case model::PasswordType::locked:
    return "locked";
  case model::PasswordType::plain_text:
    return "in plain text";
  case model::PasswordType::hashed:
    return "hashed";
  case model::PasswordType::plain_text_file:
    return "in plain text, from a file";
  case model::PasswordType::hashed_file:
    return "hashed, from a file";
  }
  throw base::BugError("unknown kind of password");
}

std::string format_word(model::OutputFormat format) {
  const auto known = model::image_format_of(format);
  return known ? std::string(model::to_string(*known)) : "not a disk";
}

std::vector<model::KernelArgument> shown_arguments(const ResolvedPlan& plan) {
  model::RootHashes words;
  for (const model::VerityDevice& device : plan.layout.verity)
    words[device.name] = "<made with the image>";
  std::vector<model::KernelArgument> arguments = plan.policy.kernel_arguments;
  for (model::KernelArgument& argument : arguments)
    argument.text = model::with_root_hashes(std::move(argument.text), plan.layout, words);
  return arguments;
}

std::vector<model::UnitChange> unit_changes_of(const ResolvedPlan& plan) {
  std::vector<model::UnitChange> changes = plan.policy.units;
  const auto add = [&](const std::vector<model::LocatedText>& names, model::UnitState state,
                       const std::string& origin) {
    for (const model::LocatedText& name : names)
      changes.push_back({name.text, state, origin, name.where});
  };
  const model::ServicesConfig& services = plan.finalize.os.services;
  add(services.enable, model::UnitState::enabled, "os.services.enable");
  add(services.disable, model::UnitState::disabled, "os.services.disable");
  add(services.mask, model::UnitState::masked, "os.services.mask");
  return changes;
}

std::vector<PlanSection> sections_of(const ResolvedPlan& plan) {
  // Packages are what was asked for; what came of it is the lock.
  const auto& [packages, kernel_arguments, yielded_arguments, files, settings, units, file_labels,
               initramfs_modules, initramfs_drivers, kernel_companions, default_kernel, checks] =
      plan.policy;
  const model::OsConfig& os = plan.finalize.os;
  return {
      {"Boot",
       boot_rows(plan.finalize.boot_loader, default_kernel, kernel_companions, file_labels)},
      {"Kernel arguments", argument_rows(shown_arguments(plan))},
      {"Kernel arguments that gave way", yielded_rows(yielded_arguments)},
      {"System", system_rows(os)},
      {"Users and groups", account_rows(os)},
      {"Files", file_rows(files, os)},
      {"Container images", container_rows(plan.finalize.container_images)},
      {"Settings", setting_rows(settings)},
      {"Units", unit_rows(unit_changes_of(plan))},
      {"Drop-ins", drop_in_rows(os)},
      {"Kernel parameters", sysctl_rows(os)},
      {"Kernel modules", module_rows(os)},
      {"Overlays", overlay_rows(os)},
      {"Scripts", script_rows(plan.finalize.scripts)},
      {"Initramfs", initramfs_rows(plan.finalize.initramfs, initramfs_modules, initramfs_drivers)},
      {"Checks", check_rows(checks)}};
}

} // namespace imagewright::plan
