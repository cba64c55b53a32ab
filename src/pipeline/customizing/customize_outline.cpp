// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/model/image_config.hpp>

#include "customizing.hpp"

namespace imagewright::pipeline {

namespace {

using Actions = std::vector<std::string>;

std::string named(const std::vector<model::LocatedText>& texts) {
  std::vector<std::string> names;
  for (const model::LocatedText& text : texts)
    names.push_back(text.text);
  return base::join(names, ", ");
}

void add_files(const model::OsConfig& os, Actions& actions) {
  for (const model::AdditionalDirectory& directory : os.additional_directories)
    actions.push_back(
        fmt::format("copy {} to {}", directory.source.filename().string(), directory.destination));
  for (const model::AdditionalFile& file : os.additional_files)
    actions.push_back((file.unpacking ? "unpack an archive to " : "write ") + file.destination);
}

void add_edits(const model::OsConfig& os, Actions& actions) {
  for (const model::PathEdit& edit : os.edits)
    actions.push_back(fmt::format("edit {}: {}", edit.path.text, model::edit_text(edit)));
}

void add_services(const model::ServicesConfig& services, Actions& actions) {
  for (const model::UnitDropIn& drop_in : services.drop_ins)
    actions.push_back(fmt::format("add the drop-in {} to {}", drop_in.name, drop_in.unit));
  if (!services.enable.empty()) actions.push_back("enable " + named(services.enable));
  if (!services.disable.empty()) actions.push_back("disable " + named(services.disable));
  if (!services.mask.empty()) actions.push_back("mask " + named(services.mask));
}

void add_scripts(const std::vector<model::ScriptConfig>& scripts, const char* stage,
                 Actions& actions) {
  for (const model::ScriptConfig& script : scripts) {
    const std::string name = !script.name.empty()   ? script.name
                             : !script.path.empty() ? script.path
                                                    : base::to_string(script.where);
    actions.push_back(fmt::format("run the {} script {}", stage, name));
  }
}

} // namespace

std::vector<std::string> actions_of(const finalize::FinalizePlan& plan) {
  Actions actions;
  const model::OsConfig& os = plan.os;
  if (os.hostname) actions.push_back("set the host name " + os.hostname->text);
  if (os.locale) actions.push_back("set the locale " + os.locale->text);
  if (os.keymap) actions.push_back("set the keymap " + os.keymap->text);
  if (os.timezone) actions.push_back("set the time zone " + os.timezone->text);
  for (const model::GroupConfig& group : os.groups)
    actions.push_back("add the group " + group.name);
  for (const model::UserConfig& user : os.users)
    actions.push_back("add or change the user " + user.name);
  add_files(os, actions);
  add_edits(os, actions);
  add_services(os.services, actions);
  for (const model::ModuleConfig& module : os.modules)
    actions.push_back("configure the kernel module " + module.name.text);
  for (const auto& [name, value] : os.sysctl)
    actions.push_back(fmt::format("set {} = {}", name, value.text));
  actions.emplace_back("write /etc/imagewright-release and /etc/image-customizer-release");
  if (!plan.record.history_entry.empty()) actions.emplace_back("add an entry to the history");
  const finalize::CommandLineChange& change = plan.command_line_change;
  if (!change.dropped.empty())
    actions.push_back("remove kernel arguments: " + named(change.dropped));
  if (!change.removed.empty())
    actions.push_back("remove kernel arguments: " + base::join(change.removed, " "));
  if (!change.lasting.empty())
    actions.push_back("set kernel arguments: " + base::join(change.lasting, " "));
  if (!change.appended.empty())
    actions.push_back("append kernel arguments: " + base::join(change.appended, " "));
  if (!plan.new_identifiers.empty())
    actions.emplace_back("give partitions and filesystems new identifiers");
  if (plan.removes_package_manager)
    actions.emplace_back("remove the package database and the caches of package managers");
  for (const model::PolicySetting& setting : plan.policy.settings)
    actions.push_back(fmt::format("set {}={} in {}", setting.key, setting.value, setting.path));
  add_scripts(plan.scripts.post_customization, "postCustomization", actions);
  add_scripts(plan.scripts.finalize_customization, "finalizeCustomization", actions);
  return actions;
}

std::string to_text(const CustomizeOutline& outline, plan::PackageListing listing) {
  std::string text = fmt::format("base       {}\n           {}, {}\n           {}\n",
                                 base::escape_controls(outline.base.string()),
                                 base::escape_controls(outline.operating_system),
                                 outline.architecture, outline.digest.to_string());
  text += fmt::format("epoch      {}\nimage      {}\n", base::to_iso8601(outline.epoch),
                      outline.image_uuid);
  text += "partitions\n";
  for (const PartitionReport& each : outline.partitions) {
    text += fmt::format("  {:<12} {:<12} {:>10}, {} used\n", base::escape_controls(each.id),
                        each.mount_point.empty() ? "-" : base::escape_controls(each.mount_point),
                        base::to_string(each.size), base::to_string(each.used));
  }
  text += "would\n";
  for (const std::string& action : outline.actions)
    text += "  " + base::escape_controls(action) + "\n";
  if (listing == plan::PackageListing::full) {
    text += "and keep the packages\n";
    for (const std::string& package : outline.lock.base.kept)
      text += "  " + base::escape_controls(package) + "\n";
  }
  text += "and publish\n";
  for (const std::string& output : outline.outputs)
    text += "  " + output + "\n";
  return text;
}

namespace {

json::Value packages_json(const lock::BaseLock& lock) {
  json::Array come;
  for (const model::LockedPackage& package : lock.packages.packages)
    come.emplace_back(package.nevra.to_string());
  return json::Object{{"kept", json::Array(lock.base.kept.begin(), lock.base.kept.end())},
                      {"erased", json::Array(lock.base.erased.begin(), lock.base.erased.end())},
                      {"installed", std::move(come)}};
}

} // namespace

json::Value to_json(const CustomizeOutline& outline) {
  json::Array partitions;
  for (const PartitionReport& each : outline.partitions) {
    partitions.push_back(json::Object{{"id", each.id},
                                      {"mountPoint", each.mount_point},
                                      {"bytes", each.size.bytes()},
                                      {"usedBytes", each.used.bytes()}});
  }
  json::Array actions(outline.actions.begin(), outline.actions.end());
  json::Array outputs(outline.outputs.begin(), outline.outputs.end());
  return json::Object{{"base", outline.base.string()},
                      {"operatingSystem", outline.operating_system},
                      {"architecture", outline.architecture},
                      {"digest", outline.digest.to_string()},
                      {"epoch", base::to_iso8601(outline.epoch)},
                      {"imageUuid", outline.image_uuid},
                      {"partitions", partitions},
                      {"actions", actions},
                      {"packages", packages_json(outline.lock)},
                      {"outputs", outputs}};
}

} // namespace imagewright::pipeline
