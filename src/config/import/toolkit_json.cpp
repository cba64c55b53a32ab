// SPDX-License-Identifier: MIT
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/config/import.hpp>

#include "config/export/yaml_writer.hpp"
#include "config/import/toolkit.hpp"

namespace imagewright::config {

namespace toolkit {

void Part::add(std::string name, json::Value value) {
  keys.emplace_back(std::move(name), std::move(value));
}

void Part::leave_out(const std::string& what, const std::string& why) {
  left_out.push_back(fmt::format("{}: {}", what, why));
}

std::string text_member(const json::Value& object, std::string_view name) {
  const json::Value* value = object.find(name);
  if (value == nullptr || value->is_null() || value->find_array() != nullptr ||
      value->find_object() != nullptr)
    return {};
  const std::string* text = value->find_string();
  return text != nullptr ? *text : json::to_line(*value);
}

const json::Array& list_member(const json::Value& object, std::string_view name) {
  static const json::Array nothing;
  const json::Value* value = object.find(name);
  return value != nullptr && value->find_array() != nullptr ? *value->find_array() : nothing;
}

bool is_given(const json::Value& object, std::string_view name) {
  const json::Value* value = object.find(name);
  if (value == nullptr || value->is_null()) return false;
  if (const bool* flag = value->find_bool()) return *flag;
  if (const std::string* text = value->find_string()) return !text->empty();
  if (const json::Array* array = value->find_array()) return !array->empty();
  if (const json::Object* members = value->find_object()) return !members->empty();
  return true;
}

void leave_out_others(Part& part, const json::Value& object,
                      const std::set<std::string_view>& known, const std::string& path) {
  const json::Object* members = object.find_object();
  if (members == nullptr) return;
  for (const auto& [name, value] : *members) {
    if (name.starts_with('_') || known.contains(name) || !is_given(object, name)) continue;
    part.leave_out(fmt::format("{}.{}", path, name), "has no counterpart");
  }
}

} // namespace toolkit

namespace {

using toolkit::Part;

[[noreturn]] void refuse(const std::string& file, const std::string& why) {
  throw base::Error(
      base::FailureKind::input, "config.not-a-toolkit-config",
      fmt::format("{} is not a config of the Azure Linux toolkit: {}", base::quoted(file), why),
      "give a JSON file with \"SystemConfigs\"");
}

void join(Part& whole, std::string name, Part part) {
  if (!part.keys.empty()) whole.add(std::move(name), std::move(part.keys));
  for (std::string& each : part.left_out)
    whole.left_out.push_back(std::move(each));
}

/// One line of a comment, whatever the text holds.
std::string comment_line(const std::string& text) {
  return "#   " + base::escape_controls(text) + "\n";
}

ImportedConfig convert(const json::Value& disk, const json::Value& system, const std::string& file,
                       const NamedFileReader& read_list) {
  Part whole;
  const toolkit::BootPackages boot = toolkit::boot_packages(system, read_list);
  if (boot.has_unified_kernel) whole.add("previewFeatures", json::Array{"uki"});
  join(whole, "storage", toolkit::convert_storage(disk, system));
  join(whole, "os", toolkit::convert_os(disk, system, boot));
  join(whole, "scripts", toolkit::convert_scripts(system));
  join(whole, "output", toolkit::convert_output(disk));
  ImportedConfig config;
  config.name = toolkit::text_member(system, "Name");
  config.left_out = std::move(whole.left_out);
  config.text = "# Converted from " + base::escape_controls(file);
  config.text += config.name.empty() ? "\n" : ", system config " + base::quoted(config.name) + "\n";
  if (!config.left_out.empty()) config.text += "# Not carried over:\n";
  for (const std::string& each : config.left_out)
    config.text += comment_line(each);
  config.text += whole.keys.empty() ? "os: {}\n" : to_yaml(whole.keys);
  return config;
}

} // namespace

std::vector<ImportedConfig> import_toolkit_json(std::string_view text, const std::string& file,
                                                const NamedFileReader& read_list) {
  const json::Value root = json::parse(text, file);
  if (root.find_object() == nullptr) refuse(file, "its top is not an object");
  const json::Array& systems = toolkit::list_member(root, "SystemConfigs");
  if (systems.empty()) refuse(file, "it has no \"SystemConfigs\"");
  const json::Array& disks = toolkit::list_member(root, "Disks");
  const json::Value no_disk(json::Object{});
  std::vector<ImportedConfig> configs;
  for (const json::Value& system : systems) {
    if (system.find_object() == nullptr) refuse(file, "a system config is not an object");
    configs.push_back(convert(disks.empty() ? no_disk : disks.front(), system, file, read_list));
    if (disks.size() > 1) configs.back().left_out.push_back("Disks: only the first disk is used");
  }
  return configs;
}

} // namespace imagewright::config
