// SPDX-License-Identifier: MIT
#include <utility>
#include <variant>

#include <fmt/format.h>

#include <imagewright/base/checked.hpp>
#include <imagewright/base/epoch.hpp>

#include "config/export/canonical_sections.hpp"

namespace imagewright::config {

namespace {

void put_requests(Section& packages, std::string_view key,
                  const std::vector<model::PackageRequest>& requests) {
  std::vector<std::string> specs;
  for (const model::PackageRequest& each : requests)
    specs.push_back(each.spec);
  packages.put_texts(key, specs);
}

Section written(Section section, const model::PackagesConfig& packages) {
  const auto& [install, remove, update, exclude, roles, update_existing, snapshot_time,
               remove_package_manager, recommends, documentation, languages, stored] = packages;
  put_requests(section, "install", install);
  put_requests(section, "remove", remove);
  put_requests(section, "update", update);
  section.put_texts("exclude", exclude);
  section.put_texts("roles", roles);
  if (update_existing) section.put("updateExistingPackages", true);
  if (snapshot_time) section.put("snapshotTime", base::to_iso8601(snapshot_time->value));
  if (remove_package_manager) section.put("removePackageManager", true);
  if (recommends == model::Inclusion::included) section.put("recommends", true);
  if (documentation == model::Inclusion::left_out) section.put("docs", false);
  // An empty list is not the same as none: no translation is installed.
  if (languages) section.put("languages", json::Array(languages->begin(), languages->end()));
  json::Array items;
  for (const auto& [wanted, directory] : stored) {
    Section item = section.inside("stored");
    put_requests(item, "packages", wanted);
    item.put_text("directory", directory.text);
    items.emplace_back(item.object());
  }
  section.put_list("stored", std::move(items));
  return section;
}

Section written(Section section, const model::IdentityConfig& identity) {
  const auto& [variant_id, variant, image_id, image_version] = identity;
  section.put_text("variantId", variant_id);
  section.put_text("variant", variant);
  section.put_text("imageId", image_id);
  section.put_text("imageVersion", image_version);
  return section;
}

Section written(Section section, const model::KernelConfig& kernel) {
  const auto& [package, series] = kernel;
  section.put_text("package", package);
  section.put_text("series", series);
  return section;
}

void put_content(Section& section, const model::FileContent& content) {
  if (const auto* source = std::get_if<std::filesystem::path>(&content)) {
    section.put_path("source", *source);
  } else {
    section.put("content", std::get<std::string>(content));
  }
}

void put_remote(Section& section, const model::RemoteFile& remote) {
  const auto& [url, digest, size] = remote;
  section.put_text("url", address(url, section.context()));
  section.put_text("sha256", digest.hex);
  if (size) section.put("size", base::checked_cast<std::int64_t>(size->bytes()).value());
}

Section written(Section section, const model::ServicesConfig& services) {
  const auto& [enable, disable, mask, drop_ins] = services;
  section.put_texts("enable", enable);
  section.put_texts("disable", disable);
  section.put_texts("mask", mask);
  json::Array items;
  for (const auto& [unit, name, content, where, content_where] : drop_ins) {
    Section item = section.inside("dropIns");
    item.put_text("unit", unit);
    item.put_text("name", name);
    put_content(item, content);
    items.emplace_back(item.object());
  }
  section.put_list("dropIns", std::move(items));
  return section;
}

Section written(Section section, const model::ModuleConfig& module) {
  const auto& [name, load_mode, options, where] = module;
  section.put_text("name", name.text);
  if (load_mode != model::ModuleLoadMode::inherit)
    section.put_word("loadMode", std::optional(load_mode));
  section.put_map("options", options);
  return section;
}

Section written(Section section, const model::OverlayConfig& overlay) {
  const auto& [lower_directories, upper_directory, work_directory, mount_point, stage,
               mount_dependencies, mount_options, where] = overlay;
  section.put_texts("lowerDirs", lower_directories);
  section.put_text("upperDir", upper_directory.text);
  section.put_text("workDir", work_directory.text);
  section.put_text("mountPoint", mount_point.text);
  if (stage == model::OverlayStage::initrd) section.put("isInitrdOverlay", true);
  section.put_texts("mountDependencies", mount_dependencies);
  section.put_text("mountOptions", mount_options);
  return section;
}

Section written(Section section, const model::AdditionalDirectory& directory) {
  const auto& [source, destination, new_directory_permissions, merged_directory_permissions,
               child_file_permissions, where, source_where] = directory;
  const model::AdditionalDirectory standard;
  section.put_path("source", source);
  section.put_text("destination", destination);
  if (new_directory_permissions != standard.new_directory_permissions)
    section.put_permissions("newDirPermissions", new_directory_permissions);
  section.put_permissions("mergedDirPermissions", merged_directory_permissions);
  if (child_file_permissions != standard.child_file_permissions)
    section.put_permissions("childFilePermissions", child_file_permissions);
  return section;
}

Section written(Section section, const model::ContainerImageConfig& image) {
  const auto& [source, path, selection, name, pinning, name_space, delivery, where, source_where] =
      image;
  const bool is_remote = source == model::ContainerSource::registry;
  section.put_text("source", is_remote ? fmt::format("{}:{}", model::to_string(source), selection)
                                       : fmt::format("{}:{}{}{}", model::to_string(source),
                                                     section.path_text(path),
                                                     selection.empty() ? "" : ":", selection));
  section.put_text("name", name);
  if (pinning == model::Pinning::pinned) section.put("pin", true);
  if (name_space != model::ContainerImageConfig().name_space)
    section.put_text("namespace", name_space);
  if (delivery == model::ContainerDelivery::import) section.put("mode", "import");
  return section;
}

Section written(Section section, const model::LineEdit& edit) {
  const auto& [kind, pattern, text, place, anchor, where] = edit;
  switch (kind) {
  case model::LineEditKind::add:
    section.put("add", text);
    break;
  case model::LineEditKind::replace:
    section.put_text("replace", pattern.text);
    section.put("with", text);
    break;
  case model::LineEditKind::remove:
    section.put_text("remove", pattern.text);
    break;
  }
  if (anchor) section.put_text(place == model::LinePlace::before ? "before" : "after", anchor);
  return section;
}

Section written(Section section, const model::PathEdit& edit) {
  const auto& [path, kind, lines, target, permissions, owner, group, where] = edit;
  section.put_text("path", path.text);
  json::Array items;
  for (const model::LineEdit& each : lines)
    items.emplace_back(written(section.inside("lines"), each).object());
  section.put_list("lines", std::move(items));
  section.put_text("link", target);
  if (kind == model::PathEditKind::directory) section.put("directory", true);
  if (kind == model::PathEditKind::removal) section.put("remove", true);
  section.put_permissions("permissions", permissions);
  section.put_text("owner", owner);
  section.put_text("group", group);
  return section;
}

template <typename Item>
void put_items(Section& section, std::string_view key, const std::vector<Item>& items) {
  json::Array array;
  for (const Item& each : items)
    array.emplace_back(written(section.inside(key), each).object());
  section.put_list(key, std::move(array));
}

/// The one word of a mapping such as `cgroup: {version: v2}`.
template <typename Value>
void put_single_word(Section& os, std::string_view section_name, std::string_view key,
                     const std::optional<model::Located<Value>>& value) {
  Section section = os.inside(section_name);
  section.put_word(key, value);
  os.put_section(section_name, section);
}

Section written(Section section, const model::NetworkInterface& interface) {
  const auto& [name, mac, dhcp, addresses, gateways, name_servers, where] = interface;
  section.put_text("name", name);
  section.put_text("mac", mac);
  section.put_word("dhcp", std::optional(dhcp));
  section.put_texts("addresses", addresses);
  section.put_texts("gateways", gateways);
  section.put_texts("nameServers", name_servers);
  return section;
}

Section written(Section section, const model::NetworkConfig& network) {
  const auto& [interfaces, where] = network;
  json::Array items;
  for (const model::NetworkInterface& each : interfaces)
    items.emplace_back(written(section.inside("interfaces"), each).object());
  section.put_list("interfaces", std::move(items));
  return section;
}

void put_scriptlets(Section& os, const model::ScriptletsConfig& scriptlets) {
  const auto& [allow_failure, timeout] = scriptlets;
  Section section = os.inside("scriptlets");
  section.put_texts("allowFailure", allow_failure);
  if (timeout) section.put("timeout", std::int64_t{timeout->value.count()});
  os.put_section("scriptlets", section);
}

void put_sysctl(Section& os, const std::map<std::string, model::LocatedText>& sysctl) {
  std::map<std::string, std::string> texts;
  for (const auto& [key, value] : sysctl)
    texts.emplace(key, value.text);
  os.put_map("sysctl", texts);
}

} // namespace

void put_kernel_command_line(Section& owner, const std::vector<model::LocatedText>& arguments) {
  Section section = owner.inside("kernelCommandLine");
  section.put_texts("extraCommandLine", arguments);
  owner.put_section("kernelCommandLine", section);
}

void put_additional_files(Section& owner, const std::vector<model::AdditionalFile>& files) {
  json::Array items;
  for (const auto& [destination, content, permissions, where, remote, unpacking, stored_package,
                    content_where, wanted] : files) {
    Section item = owner.inside("additionalFiles");
    item.put_text("destination", destination);
    if (remote) {
      put_remote(item, *remote);
    } else {
      put_content(item, content);
      if (wanted) item.put_text("sha256", wanted->digest.hex);
    }
    item.put_permissions("permissions", permissions);
    if (unpacking) {
      item.put("unpack", true);
      if (unpacking->stripped_components > 0)
        item.put("stripComponents", std::int64_t{unpacking->stripped_components});
    }
    items.emplace_back(item.object());
  }
  owner.put_list("additionalFiles", std::move(items));
}

Section written_os(Section section, const model::OsConfig& os) {
  const auto& [is_present, hostname, locale, timezone, keymap, identity, packages, kernel,
               cgroup_version, fips_mode, selinux_mode, machine_id, kernel_command_line,
               removed_kernel_arguments, network, additional_files, additional_directories, edits,
               groups, users, services, modules, overlays, container_images, sysctl, scriptlets,
               bootloader_reset, boot_loader, uki_mode, image_history, where] = os;
  section.put_text("hostname", hostname);
  section.put_text("locale", locale);
  section.put_text("timezone", timezone);
  section.put_text("keymap", keymap);
  section.put_section("identity", written(section.inside("identity"), identity));
  section.put_section("packages", written(section.inside("packages"), packages));
  section.put_section("kernel", written(section.inside("kernel"), kernel));
  put_single_word(section, "cgroup", "version", cgroup_version);
  put_single_word(section, "fips", "mode", fips_mode);
  put_single_word(section, "selinux", "mode", selinux_mode);
  put_single_word(section, "machineId", "mode", machine_id);
  Section line = section.inside("kernelCommandLine");
  line.put_texts("extraCommandLine", kernel_command_line);
  line.put_texts("remove", removed_kernel_arguments);
  section.put_section("kernelCommandLine", line);
  if (network) section.put_section("network", written(section.inside("network"), *network));
  put_additional_files(section, additional_files);
  put_items(section, "additionalDirs", additional_directories);
  put_items(section, "edits", edits);
  put_accounts(section, groups, users);
  section.put_section("services", written(section.inside("services"), services));
  put_items(section, "modules", modules);
  put_items(section, "overlays", overlays);
  put_items(section, "containerImages", container_images);
  put_sysctl(section, sysctl);
  put_scriptlets(section, scriptlets);
  Section loader = section.inside("bootloader");
  if (bootloader_reset) loader.put("resetType", "hard-reset");
  loader.put_text("type", boot_loader);
  section.put_section("bootloader", loader);
  put_single_word(section, "uki", "mode", uki_mode);
  section.put_word("imageHistory", image_history);
  return section;
}

} // namespace imagewright::config
