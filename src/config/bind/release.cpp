// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cctype>

#include "config/bind/bind.hpp"
#include "config/language/language.hpp"

namespace imagewright::config {

namespace {

std::vector<model::LocatedText> texts_of(const Reader& owner, const yaml::Node& list) {
  std::vector<model::LocatedText> texts;
  for (const yaml::Node& item : list.items) {
    if (item.is_scalar() && owner.context().checker.is_clean(item))
      texts.push_back({item.text, item.where});
  }
  return texts;
}

/// Fingerprints are written in either case, and compared in one.
std::string in_capitals(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

std::map<std::string, model::PackageRole> bind_roles(const Reader& root) {
  std::map<std::string, model::PackageRole> roles;
  const yaml::Node* value = root.find_value("roles");
  if (value == nullptr) return roles;
  for (const yaml::Entry& entry : value->entries) {
    model::PackageRole role;
    if (entry.value.is_sequence()) role.packages = texts_of(root, entry.value);
    for (const yaml::Entry& each : entry.value.entries) {
      auto& packages = each.key == "default" ? role.packages : role.per_architecture[each.key];
      packages = texts_of(root, each.value);
    }
    roles[entry.key] = std::move(role);
  }
  return roles;
}

std::map<std::string, std::vector<std::string>> bind_lists(const Reader& root,
                                                           std::string_view name) {
  std::map<std::string, std::vector<std::string>> lists;
  const yaml::Node* value = root.find_value(name);
  if (value == nullptr) return lists;
  for (const yaml::Entry& entry : value->entries) {
    for (model::LocatedText& text : texts_of(root, entry.value))
      lists[entry.key].push_back(std::move(text.text));
  }
  return lists;
}

model::InitramfsFacts bind_initramfs(const Reader& reader) {
  model::InitramfsFacts facts;
  facts.modules = reader.plain_texts("modules");
  facts.omit_modules = reader.plain_texts("omitModules");
  facts.drivers = reader.plain_texts("drivers");
  facts.filesystems = reader.plain_texts("filesystems");
  facts.compression = reader.text_or("compression", facts.compression);
  return facts;
}

model::ArchitectureText bind_architecture_text(const Reader& reader, std::string_view name) {
  model::ArchitectureText result{.text = reader.text_or(name, ""), .per_architecture = {}};
  const yaml::Node* value = reader.find_value(name);
  if (value == nullptr) return result;
  for (const yaml::Entry& entry : value->entries) {
    auto& text = entry.key == "default" ? result.text : result.per_architecture[entry.key];
    text = entry.value.text;
  }
  return result;
}

std::map<std::string, model::BootLoaderFacts> bind_boot_loaders(const Reader& root) {
  std::map<std::string, model::BootLoaderFacts> loaders;
  const yaml::Node* value = root.find_value("bootLoaders");
  if (value == nullptr) return loaders;
  const Type& type = *find_key(k_release_profile_type.keys, "bootLoaders")->type->item;
  for (const yaml::Entry& entry : value->entries) {
    const Reader reader(entry.value, type, root.context());
    loaders[entry.key] = {.efi_program = bind_architecture_text(reader, "efiProgram"),
                          .shim = bind_architecture_text(reader, "shim"),
                          .configuration_directory = reader.text_or("configurationDirectory", ""),
                          .stub = bind_architecture_text(reader, "stub"),
                          .addon_stub = bind_architecture_text(reader, "addonStub"),
                          .defaults = reader.text_or("defaults", "")};
  }
  return loaders;
}

model::BillFacts bind_bill(const Reader& reader) {
  return {.package_url_namespace = reader.text_or("packageUrlNamespace", ""),
          .distribution = reader.text_or("distribution", ""),
          .supplier = reader.text_or("supplier", "")};
}

} // namespace

model::ReleaseProfile bind_release_profile(const Reader& root) {
  model::ReleaseProfile profile;
  profile.where = root.where();
  profile.name = root.text_or("name", "");
  profile.title = root.text_or("title", "");
  profile.version = root.text_or("version", "");
  profile.architectures = root.plain_texts("architectures");
  profile.repositories = bind_repositories(root);
  for (auto& [fingerprint, source] : root.plain_text_map("keys"))
    profile.keys.emplace(in_capitals(fingerprint), std::move(source));
  profile.platforms = bind_platforms(root);
  if (const auto program = root.word<model::NetworkManagement>("networkManagement"))
    profile.network_management = program->value;
  for (auto& [subject, series] : root.text_map("baseline"))
    profile.baseline.push_back({subject, series.text, series.where});
  profile.roles = bind_roles(root);
  profile.base_roles = root.texts("baseRoles");
  profile.filesystem_features = bind_lists(root, "filesystemFeatures");
  profile.consoles = bind_lists(root, "consoles");
  profile.kernel_arguments = root.plain_texts("kernelArguments");
  profile.architecture_kernel_arguments = bind_lists(root, "architectureKernelArguments");
  if (const auto initramfs = root.mapping("initramfs"))
    profile.initramfs = bind_initramfs(*initramfs);
  profile.boot_loaders = bind_boot_loaders(root);
  profile.default_boot_loader = root.text_or("defaultBootLoader", "");
  if (const auto bill = root.mapping("billOfMaterials")) profile.bill = bind_bill(*bill);
  profile.rpm_database_path = root.text_or("rpmDatabasePath", profile.rpm_database_path);
  profile.default_cgroup_version = root.text_or("defaultCgroupVersion", "v2");
  profile.default_selinux_mode = root.word<model::SelinuxMode>("defaultSelinuxMode");
  if (root.find_value("identityFiles") != nullptr)
    profile.identity_files = root.plain_texts("identityFiles");
  if (const auto storage = root.mapping("defaultStorage"))
    profile.default_storage = bind_storage(*storage);
  return profile;
}

} // namespace imagewright::config
