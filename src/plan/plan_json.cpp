// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/plan/show_plan.hpp>

#include "plan_sections.hpp"

namespace imagewright::plan {

namespace {

using json::Array;
using json::Object;

/// An array with what `make` gives for each item.
template <typename Items, typename Make>
Array array_of(const Items& items, Make make) {
  Array array;
  for (const auto& item : items)
    array.push_back(make(item));
  return array;
}

Array texts(const std::vector<std::string>& items) {
  return array_of(items, [](const std::string& text) { return json::Value(text); });
}

Array located_texts(const std::vector<model::LocatedText>& items) {
  return array_of(items, [](const model::LocatedText& each) { return json::Value(each.text); });
}

json::Value partition_json(const model::Partition& partition) {
  Object object{{"id", partition.id},
                {"label", partition.label},
                {"type", partition.type.to_string()},
                {"uuid", partition.uuid.to_string()},
                {"start", partition.start.bytes()},
                {"size", partition.size.bytes()}};
  if (partition.filesystem) {
    object.emplace_back("filesystem", model::mount_type_of(partition.filesystem->type));
    object.emplace_back("mountPoint", partition.filesystem->mount_point);
  }
  return object;
}

json::Value package_json(const model::LockedPackage& package) {
  return Object{{"name", package.nevra.name},
                {"evr", package.nevra.evr()},
                {"architecture", package.nevra.architecture},
                {"repository", package.repository},
                {"downloadSize", package.download_size.bytes()},
                {"installedSize", package.installed_size.bytes()}};
}

json::Value argument_json(const model::KernelArgument& argument) {
  return Object{{"argument", argument.text}, {"origin", argument.origin}};
}

json::Value file_json(const model::PolicyFile& file) {
  return Object{{"path", file.path},
                {"permissions", fmt::format("{:04o}", file.permissions)},
                {"content", file.content},
                {"origin", file.origin}};
}

json::Value container_image_json(const model::LockedContainerImage& image) {
  return Object{{"name", image.name},
                {"namespace", image.name_space},
                {"pinned", image.pinning == model::Pinning::pinned},
                {"manifest", image.manifest.to_string()},
                {"config", image.config.to_string()}};
}

json::Value setting_json(const model::PolicySetting& setting) {
  return Object{{"path", setting.path},
                {"key", setting.key},
                {"value", setting.value},
                {"optional", setting.absence == model::PolicySetting::Absence::ignored},
                {"origin", setting.origin}};
}

json::Value unit_json(const model::UnitChange& unit) {
  return Object{
      {"unit", unit.unit}, {"state", model::to_string(unit.state)}, {"origin", unit.origin}};
}

json::Value check_json(const model::Check& check) {
  return Object{{"name", check.name},
                {"kind", model::to_string(check.kind)},
                {"subject", check.subject},
                {"expected", check.expected}};
}

/// Never a word of a password.
json::Value user_json(const model::UserConfig& user) {
  Object object{{"name", user.name}};
  if (user.uid) object.emplace_back("uid", static_cast<std::uint64_t>(*user.uid));
  if (user.password) object.emplace_back("password", word_of(user.password->type));
  object.emplace_back("sshKeys", static_cast<std::uint64_t>(user.ssh_public_keys.size() +
                                                            user.ssh_public_key_files.size()));
  if (user.primary_group) object.emplace_back("group", user.primary_group->text);
  object.emplace_back("groups", located_texts(user.secondary_groups));
  if (user.startup_command) object.emplace_back("shell", user.startup_command->text);
  if (user.home_directory) object.emplace_back("home", user.home_directory->text);
  return object;
}

json::Value config_json(const model::OsConfig& os, const model::ScriptsConfig& scripts) {
  Object sysctl;
  for (const auto& [name, value] : os.sysctl)
    sysctl.emplace_back(name, value.text);
  const auto script_json = [](const model::ScriptConfig& script) {
    return Object{
        {"name", script.name}, {"path", script.path}, {"interpreter", script.interpreter}};
  };
  return Object{
      {"users", array_of(os.users, user_json)},
      {"groups", array_of(os.groups, [](const auto& group) { return json::Value(group.name); })},
      {"files", array_of(os.additional_files,
                         [](const auto& file) { return json::Value(file.destination); })},
      {"directories", array_of(os.additional_directories,
                               [](const auto& each) { return json::Value(each.destination); })},
      {"edits",
       array_of(os.edits,
                [](const auto& each) {
                  return Object{{"path", each.path.text}, {"edit", model::edit_text(each)}};
                })},
      {"dropIns", array_of(os.services.drop_ins,
                           [](const auto& each) {
                             return Object{{"unit", each.unit}, {"name", each.name}};
                           })},
      {"sysctl", std::move(sysctl)},
      {"modules",
       array_of(
           os.modules,
           [](const auto& module) {
             return Object{{"name", module.name.text}, {"loadMode", word_of(module.load_mode)}};
           })},
      {"overlays",
       array_of(os.overlays, [](const auto& each) { return json::Value(each.mount_point.text); })},
      {"postCustomization", array_of(scripts.post_customization, script_json)},
      {"finalizeCustomization", array_of(scripts.finalize_customization, script_json)}};
}

/// Every member is named, so that one that is not shown does not compile.
void add_policy(Object& object, const ResolvedPlan& plan) {
  const auto& [packages, kernel_arguments, yielded_arguments, files, settings, units, file_labels,
               initramfs_modules, initramfs_drivers, kernel_companions, default_kernel, checks] =
      plan.policy;
  object.emplace_back("requests", array_of(plan.plan.packages, [](const auto& request) {
                        return Object{{"package", request.spec}, {"origin", request.origin}};
                      }));
  object.emplace_back("kernelArguments", array_of(shown_arguments(plan), argument_json));
  object.emplace_back("yieldedKernelArguments",
                      array_of(yielded_arguments, [](const auto& yielded) {
                        return Object{{"argument", yielded.argument.text},
                                      {"origin", yielded.argument.origin},
                                      {"gaveWayTo", argument_json(yielded.winner)}};
                      }));
  object.emplace_back("files", array_of(files, file_json));
  if (!plan.finalize.container_images.empty()) {
    object.emplace_back("containerImages",
                        array_of(plan.finalize.container_images, container_image_json));
  }
  object.emplace_back("settings", array_of(settings, setting_json));
  object.emplace_back("units", array_of(unit_changes_of(plan), unit_json));
  object.emplace_back("fileLabels", word_of(file_labels));
  object.emplace_back("initramfsModules", texts(initramfs_modules));
  object.emplace_back("initramfsDrivers", texts(initramfs_drivers));
  object.emplace_back("kernelCompanions", array_of(kernel_companions, [](const auto& companion) {
                        return Object{{"name", companion.name}, {"origin", companion.origin}};
                      }));
  const auto& [package, series] = default_kernel;
  object.emplace_back("defaultKernel", Object{{"package", package}, {"series", series}});
  object.emplace_back("checks", array_of(checks, check_json));
}

} // namespace

json::Value to_json(const ResolvedPlan& plan) {
  const model::StorageConfig& storage = storage_of(plan.plan);
  Object object{{"name", plan.plan.config.name},
                {"architecture", plan.plan.architecture.name},
                {"release", plan.plan.release.name},
                {"epoch", plan.epoch.time_since_epoch().count()},
                {"formats", array_of(plan.plan.outputs,
                                     [](const auto& output) {
                                       return json::Value(format_word(output.format));
                                     })},
                {"diskSize", plan.layout.size.bytes()},
                // Then sizes of the disk and of its last partition are provisional.
                {"fitsContent", storage.fits_content},
                {"freeSpace", storage.free_space.bytes()},
                {"partitions", array_of(plan.layout.partitions, partition_json)},
                {"bootLoader", word_of(plan.finalize.boot_loader.kind)},
                {"kernelForm", word_of(plan.finalize.boot_loader.kernels)}};
  add_policy(object, plan);
  object.emplace_back("config", config_json(plan.finalize.os, plan.finalize.scripts));
  object.emplace_back("packages", array_of(plan.lock.packages, package_json));
  if (!plan.lock.stored.empty()) {
    object.emplace_back(
        "storedPackages", array_of(plan.lock.stored, [](const auto& stored) {
          return Object{{"path", stored.path()}, {"checksum", stored.package.checksum.to_string()}};
        }));
  }
  return object;
}

} // namespace imagewright::plan
