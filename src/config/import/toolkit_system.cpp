// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <arpa/inet.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/paths.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/kernel_command_line.hpp>

#include "config/import/toolkit.hpp"
#include "config/language/text_checks.hpp"
#include "config/values.hpp"

namespace imagewright::config::toolkit {

namespace {

using json::Array;
using json::Object;
using json::Value;

void add_packages(Part& part, const Value& system) {
  Object packages;
  if (is_given(system, "PackageLists"))
    packages.emplace_back("installLists", *system.find("PackageLists"));
  if (is_given(system, "Packages")) packages.emplace_back("install", *system.find("Packages"));
  if (is_given(system, "DisableRpmDocs")) packages.emplace_back("docs", false);
  const std::string locales = text_member(system, "OverrideRpmLocales");
  if (!locales.empty()) {
    Array languages;
    if (locales != "NONE") {
      for (const std::string& each : base::split(locales, ':'))
        languages.push_back(each);
    }
    packages.emplace_back("languages", std::move(languages));
  }
  if (!packages.empty()) part.add("packages", std::move(packages));
}

void add_kernel(Part& part, const Value& system, const BootPackages& boot) {
  const Value* options = system.find("KernelOptions");
  const std::string package = options != nullptr ? text_member(*options, "default") : "";
  if (boot.has_unified_kernel) {
    part.add("uki", Object{{"mode", "passthrough"}});
    if (!package.empty())
      part.leave_out("KernelOptions.default " + package,
                     "the unified kernel image of the packages is what starts");
  } else if (!package.empty()) {
    part.add("kernel", Object{{"package", package}});
  }
  if (options == nullptr || options->find_object() == nullptr) return;
  for (const auto& [name, value] : *options->find_object()) {
    if (name != "default" && !name.starts_with('_'))
      part.leave_out("KernelOptions." + name, "only the default kernel is installed");
  }
}

void add_command_line(Part& part, const Value& system) {
  const Value* line = system.find("KernelCommandLine");
  if (line == nullptr || line->find_object() == nullptr) return;
  if (is_given(*line, "EnableFIPS")) part.add("fips", Object{{"mode", "enabled"}});
  static const std::map<std::string, std::string> selinux = {{"enforcing", "enforcing"},
                                                             {"permissive", "permissive"},
                                                             {"force_enforcing", "force-enforcing"},
                                                             {"disabled", "disabled"}};
  const std::string mode = text_member(*line, "SELinux");
  if (const auto found = selinux.find(mode); found != selinux.end()) {
    part.add("selinux", Object{{"mode", found->second}});
  } else if (!mode.empty()) {
    part.leave_out("KernelCommandLine.SELinux " + mode, "there is no such mode");
  }
  const std::string cgroup = text_member(*line, "CGroup");
  if (cgroup == "version_one" || cgroup == "version_two") {
    part.add("cgroup", Object{{"version", cgroup == "version_one" ? "v1" : "v2"}});
  } else if (!cgroup.empty()) {
    part.leave_out("KernelCommandLine.CGroup " + cgroup, "there is no such version");
  }
  Array words;
  // Blanks within quotes belong to an argument, for the kernel as in a config of ours.
  for (const std::string& word : model::kernel_words(text_member(*line, "ExtraCommandLine")))
    words.push_back(word);
  if (!words.empty()) part.add("kernelCommandLine", Object{{"extraCommandLine", std::move(words)}});
  leave_out_others(part, *line, {"EnableFIPS", "SELinux", "CGroup", "ExtraCommandLine"},
                   "KernelCommandLine");
}

Object convert_file(const std::string& source, const Value& target, const std::string& esp) {
  Object file;
  const std::string* text = target.find_string();
  std::string destination = text != nullptr ? *text : text_member(target, "Path");
  // What is meant for the EFI system partition goes where that is mounted.
  if (!esp.empty() && base::is_at_or_below(destination, esp))
    destination = std::string(k_esp_mount) + destination.substr(esp.size());
  file.emplace_back("destination", std::move(destination));
  file.emplace_back("source", source);
  const std::string permissions = text_member(target, "Permissions");
  if (!permissions.empty()) file.emplace_back("permissions", permissions);
  return file;
}

void add_files(Part& part, const Value& disk, const Value& system) {
  const Value* sources = system.find("AdditionalFiles");
  if (sources == nullptr || sources->find_object() == nullptr) return;
  Array files;
  const std::string esp = other_esp_mount(disk, system);
  for (const auto& [source, targets] : *sources->find_object()) {
    if (source.starts_with('_')) continue;
    if (const Array* several = targets.find_array()) {
      for (const Value& target : *several)
        files.push_back(convert_file(source, target, esp));
    } else {
      files.push_back(convert_file(source, targets, esp));
    }
  }
  if (!files.empty()) part.add("additionalFiles", std::move(files));
}

/// A number that the toolkit may have written as a text.
void add_number(Object& object, std::string name, const std::string& text) {
  if (const auto number = parse_integer(text)) object.emplace_back(std::move(name), *number);
}

Object convert_user(Part& part, const Value& user) {
  Object result{{"name", text_member(user, "Name")}};
  add_number(result, "uid", text_member(user, "UID"));
  const std::string password = text_member(user, "Password");
  if (!password.empty()) {
    const bool is_hashed = is_given(user, "PasswordHashed");
    result.emplace_back("password",
                        Object{{"type", is_hashed ? "hashed" : "plain-text"}, {"value", password}});
  }
  add_number(result, "passwordExpiresDays", text_member(user, "PasswordExpiresDays"));
  if (is_given(user, "SSHPubKeyPaths"))
    result.emplace_back("sshPublicKeyPaths", *user.find("SSHPubKeyPaths"));
  if (is_given(user, "SSHPubKeys")) result.emplace_back("sshPublicKeys", *user.find("SSHPubKeys"));
  constexpr std::array texts = {std::pair{"PrimaryGroup", "primaryGroup"},
                                std::pair{"StartupCommand", "startupCommand"},
                                std::pair{"HomeDirectory", "homeDirectory"}};
  for (const auto& [theirs, ours] : texts) {
    const std::string text = text_member(user, theirs);
    if (!text.empty()) result.emplace_back(ours, text);
  }
  if (is_given(user, "SecondaryGroups"))
    result.emplace_back("secondaryGroups", *user.find("SecondaryGroups"));
  leave_out_others(part, user,
                   {"Name", "UID", "Password", "PasswordHashed", "PasswordExpiresDays",
                    "SSHPubKeyPaths", "SSHPubKeys", "PrimaryGroup", "SecondaryGroups",
                    "StartupCommand", "HomeDirectory"},
                   "user " + text_member(user, "Name"));
  return result;
}

void add_accounts(Part& part, const Value& system) {
  Array groups;
  for (const Value& group : list_member(system, "Groups")) {
    Object result{{"name", text_member(group, "Name")}};
    add_number(result, "gid", text_member(group, "GID"));
    groups.push_back(std::move(result));
  }
  if (!groups.empty()) part.add("groups", std::move(groups));
  Array users;
  for (const Value& user : list_member(system, "Users"))
    users.push_back(convert_user(part, user));
  if (!users.empty()) part.add("users", std::move(users));
}

/// The length of the prefix that a netmask stands for.
std::optional<int> prefix_length(const std::string& mask) {
  in_addr address{};
  if (inet_pton(AF_INET, mask.c_str(), &address) != 1) return std::nullopt;
  const std::uint32_t bits = ntohl(address.s_addr);
  const int length = std::countl_one(bits);
  return std::popcount(bits) == length ? std::optional(length) : std::nullopt;
}

void add_networks(Part& part, const Value& system) {
  Array interfaces;
  for (const Value& network : list_member(system, "Networks")) {
    const std::string device = text_member(network, "Device");
    const std::string what = "Networks " + device;
    if (!is_given(network, "OnBoot")) {
      part.leave_out(what, "without OnBoot it is the installer's alone");
      continue;
    }
    const std::string protocol = text_member(network, "BootProto");
    const std::string address = text_member(network, "Ip");
    const auto length = prefix_length(text_member(network, "NetMask"));
    const bool is_static = protocol == "static";
    const bool is_understood =
        is_static ? !address.empty() && length.has_value() : protocol.empty() || protocol == "dhcp";
    if (device.empty() || device == "bootif" || !is_understood) {
      part.leave_out(what, "has no counterpart; see os.network");
      continue;
    }
    Object interface {
      { device.find(':') == std::string::npos ? "name" : "mac", device }
    };
    if (is_static) {
      interface.emplace_back("addresses", Array{fmt::format("{}/{}", address, *length)});
      const std::string gateway = text_member(network, "GateWay");
      if (!gateway.empty()) interface.emplace_back("gateways", Array{gateway});
    }
    if (is_given(network, "NameServer"))
      interface.emplace_back("nameServers", *network.find("NameServer"));
    interfaces.push_back(std::move(interface));
  }
  if (!interfaces.empty()) part.add("network", Object{{"interfaces", std::move(interfaces)}});
}

void explain_rest(Part& part, const Value& system) {
  constexpr std::array reasons = {
      std::pair{"PreInstallScripts", "nothing runs before packages are installed"},
      std::pair{"PackageRepos", "name repositories under \"repositories\""},
      std::pair{"RemoveRpmDb", "use os.packages.removePackageManager with its preview feature"},
      std::pair{"PreserveTdnfCache", "no package manager runs in the image, so there is no cache"},
      std::pair{"EnableSystemdFirstboot", "use os.machineId and a unit of your own"},
      std::pair{"EnableHidepid", "add a mount option for /proc with a unit of your own"},
      std::pair{"IsKickStartBoot", "installers are not composed"},
      std::pair{"IsIsoInstall", "installers are not composed"},
  };
  for (const auto& [name, why] : reasons) {
    if (is_given(system, name)) part.leave_out(name, why);
  }
  const Value* encryption = system.find("Encryption");
  if (encryption != nullptr && is_given(*encryption, "Enable"))
    part.leave_out("Encryption", "encrypted disks are not composed");
  leave_out_others(part, system,
                   {"Name",
                    "BootType",
                    "PartitionSettings",
                    "PackageLists",
                    "Packages",
                    "KernelOptions",
                    "KernelCommandLine",
                    "Hostname",
                    "Users",
                    "Groups",
                    "AdditionalFiles",
                    "PreInstallScripts",
                    "PostInstallScripts",
                    "FinalizeImageScripts",
                    "Networks",
                    "PackageRepos",
                    "Encryption",
                    "RemoveRpmDb",
                    "PreserveTdnfCache",
                    "EnableGrubMkconfig",
                    "EnableSystemdFirstboot",
                    "EnableHidepid",
                    "DisableRpmDocs",
                    "OverrideRpmLocales",
                    "IsKickStartBoot",
                    "IsIsoInstall",
                    "IsDefault"},
                   "SystemConfigs[]");
}

/// "name", "name=1.0" or "name >= 1.0".
std::string name_of_request(const std::string& request) {
  return request.substr(0, request.find_first_of(" <>="));
}

/// Names of a list in the file that a definition names.
std::vector<std::string> listed_packages(const std::string& path, const NamedFileReader& read) {
  std::vector<std::string> names;
  const auto text = read && !check_local_path(path) ? read(path) : std::nullopt;
  if (!text) return names;
  try {
    const Value content = json::parse(*text, path);
    for (const Value& each : list_member(content, "packages")) {
      if (each.find_string() != nullptr) names.push_back(name_of_request(*each.find_string()));
    }
  } catch (const base::Error&) {
    // Whoever installs from the list says what is wrong with it.
  }
  return names;
}

Array convert_script_list(Part& part, const Value& system, std::string_view name) {
  Array scripts;
  for (const Value& script : list_member(system, name)) {
    const std::string path = text_member(script, "Path");
    if (check_local_path(path)) {
      part.leave_out(fmt::format("{} {}", name, path),
                     "scripts stand below the directory of the config; move it there");
      continue;
    }
    Object result{{"path", path}};
    Array arguments;
    for (const std::string& word : base::split_whitespace(text_member(script, "Args")))
      arguments.push_back(word);
    if (!arguments.empty()) result.emplace_back("arguments", std::move(arguments));
    scripts.push_back(std::move(result));
  }
  return scripts;
}

} // namespace

BootPackages boot_packages(const Value& system, const NamedFileReader& read_list) {
  std::vector<std::string> names;
  for (const Value& each : list_member(system, "Packages")) {
    if (each.find_string() != nullptr) names.push_back(name_of_request(*each.find_string()));
  }
  for (const Value& list : list_member(system, "PackageLists")) {
    if (list.find_string() == nullptr) continue;
    for (std::string& name : listed_packages(*list.find_string(), read_list))
      names.push_back(std::move(name));
  }
  const auto has = [&](std::string_view start) {
    return std::ranges::any_of(names,
                               [&](const std::string& name) { return name.starts_with(start); });
  };
  const auto names_one = [&](std::string_view wanted) {
    return std::ranges::find(names, wanted) != names.end();
  };
  return {.has_systemd_boot = names_one("systemd-boot") && !has("grub2"),
          .has_unified_kernel = names_one("kernel-uki") && !has("grub2")};
}

Part convert_os(const Value& disk, const Value& system, const BootPackages& boot) {
  Part part;
  const std::string hostname = text_member(system, "Hostname");
  if (!hostname.empty()) part.add("hostname", hostname);
  add_packages(part, system);
  add_kernel(part, system, boot);
  add_command_line(part, system);
  add_files(part, disk, system);
  add_accounts(part, system);
  add_networks(part, system);
  Object loader;
  // Unified images of packages stay as they are, and there is no loader to set up anew for them.
  if (!boot.has_unified_kernel) loader.emplace_back("resetType", "hard-reset");
  if (boot.has_systemd_boot) loader.emplace_back("type", "systemd-boot");
  if (!loader.empty()) part.add("bootloader", std::move(loader));
  explain_rest(part, system);
  return part;
}

Part convert_scripts(const Value& system) {
  Part part;
  Array post = convert_script_list(part, system, "PostInstallScripts");
  Array finalize = convert_script_list(part, system, "FinalizeImageScripts");
  if (!post.empty()) part.add("postCustomization", std::move(post));
  if (!finalize.empty()) part.add("finalizeCustomization", std::move(finalize));
  return part;
}

} // namespace imagewright::config::toolkit
