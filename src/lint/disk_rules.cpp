// SPDX-License-Identifier: MIT
#include <array>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/image_format.hpp>

#include "lint/file_checks.hpp"
#include "lint/ini.hpp"

namespace imagewright::lint {

namespace {

constexpr std::uint64_t k_mib = std::uint64_t{1} << 20U;
constexpr std::uint64_t k_footer_size = 512;
// Azure documentation, "Managed disks": an operating system's disk has at most 4095 GiB.
constexpr std::uint64_t k_largest_system_disk = 4095 * (std::uint64_t{1} << 30U);
constexpr base::ByteSize k_largest_text = base::ByteSize::mib(4);

Findings check_format(const Subject& subject, model::ImageFormat wanted) {
  if (!subject.disk) return {subject.not_a_disk};
  if (subject.disk->format() == wanted) return {};
  return {fmt::format("the format is {}", model::to_string(subject.disk->format()))};
}

Findings check_vhdx(const Subject& subject) {
  return check_format(subject, model::ImageFormat::vhdx);
}

Findings check_fixed(const Subject& subject) {
  return check_format(subject, model::ImageFormat::vhd_fixed);
}

Findings check_vhdx_name(const Subject& subject) {
  const std::string name = subject.path.filename().string();
  if (name.ends_with(".vhdx")) return {};
  return {fmt::format("the file is called {}", name)};
}

Findings check_vhd_name(const Subject& subject) {
  const std::string name = subject.path.filename().string();
  if (name.ends_with(".vhd")) return {};
  return {fmt::format("the file is called {}", name)};
}

Findings check_bare(const Subject& subject) {
  if (!subject.disk) return {subject.not_a_disk};
  if (subject.partitions) {
    return {fmt::format("there is a partition table with {} partitions",
                        subject.partitions->partitions.size())};
  }
  if (!subject.volume) return {"the disk is no filesystem that is known"};
  const disk::FilesystemFacts facts = subject.volume->facts();
  if (facts.type == "ext4") return {};
  return {fmt::format("the filesystem is {}", facts.type)};
}

Findings check_clean(const Subject& subject) {
  if (!subject.volume) return {"there is no filesystem to look at"};
  const disk::FilesystemFacts facts = subject.volume->facts();
  Findings findings;
  if (facts.state != disk::FilesystemState::clean)
    findings.push_back("it was not unmounted: its journal has to be replayed");
  if (facts.size.bytes() > subject.disk->size()) {
    findings.push_back(
        fmt::format("it has {} bytes, and the disk {}", facts.size.bytes(), subject.disk->size()));
  }
  return findings;
}

constexpr std::array k_vhdx_rules{
    Rule{"wsl-vhdx.name", "The file's name ends in .vhdx.", "rename it", check_vhdx_name,
         Needs::nothing},
    Rule{"wsl-vhdx.format", "The file is a VHDX.", "write it with --format wsl-vhdx", check_vhdx,
         Needs::nothing},
    Rule{"wsl-vhdx.bare", "The disk is one ext4, without a partition table.",
         "write it with --format wsl-vhdx", check_bare, Needs::nothing},
    Rule{"wsl-vhdx.clean", "The filesystem is whole and was unmounted.", "make the image again",
         check_clean, Needs::nothing},
};

constexpr std::array k_system_disk_rules{
    Rule{"wslg.name", "The file's name ends in .vhd, by which WSL attaches it as a disk.",
         "rename it", check_vhd_name, Needs::nothing},
    Rule{"wslg.format", "The file is a fixed VHD.", "write it with --format wslg-system-vhd",
         check_fixed, Needs::nothing},
    Rule{"wslg.bare", "The disk is one ext4, without a partition table.",
         "write it with --format wslg-system-vhd", check_bare, Needs::nothing},
    Rule{"wslg.clean", "The filesystem is whole and was unmounted: it is mounted read-only.",
         "make the image again", check_clean, Needs::nothing},
};

std::string setting(const Subject& subject, std::string_view key) {
  return parse_ini(subject.files.read("/etc/wsl.conf", k_largest_text).value_or(""))
      .find(key)
      .value_or("");
}

Findings check_command(const Subject& subject) {
  const std::string command = setting(subject, "[boot] command");
  if (command.empty()) return {"boot.command is not set in /etc/wsl.conf"};
  const auto words = base::split_whitespace(command);
  const FileFacts* program = subject.files.find(words.front());
  if (program == nullptr) return {fmt::format("{} is not there", words.front())};
  if (program->type != fs::FileType::regular || (program->permissions & 0111U) == 0)
    return {fmt::format("{} is no program", words.front())};
  return {};
}

Findings check_user(const Subject& subject) {
  const std::string name = setting(subject, "[user] default");
  if (name != "wslg") return {fmt::format("user.default is {}", base::quoted(name))};
  const std::string accounts = subject.files.read("/etc/passwd", k_largest_text).value_or("");
  for (const std::string& line : base::split(accounts, '\n')) {
    const auto fields = base::split(line, ':');
    if (fields.size() < 3 || fields[0] != name) continue;
    if (fields[2] == "1000") return {};
    return {fmt::format("wslg has uid {}", fields[2])};
  }
  return {"there is no account wslg"};
}

Findings check_systemd(const Subject& subject) {
  const std::string value = base::to_lower(setting(subject, "[boot] systemd"));
  if (value.empty() || value == "false" || value == "0") return {};
  return {"boot.systemd is set"};
}

constexpr std::array k_system_rules{
    Rule{"wslg.command", "boot.command in /etc/wsl.conf names a program that is there.",
         "install WSLg's daemon, /usr/bin/WSLGd", check_command},
    Rule{"wslg.user", "user.default is wslg, an account with uid 1000.",
         "add a user wslg with uid 1000", check_user},
    Rule{"wslg.no-systemd", "systemd is not started in the system distribution.",
         "remove boot.systemd from /etc/wsl.conf", check_systemd},
};

Findings check_whole_mib(const Subject& subject) {
  if (!subject.disk) return {subject.not_a_disk};
  if (subject.disk->size() % k_mib == 0) return {};
  return {fmt::format("the disk has {} bytes", subject.disk->size())};
}

Findings check_file_size(const Subject& subject) {
  if (!subject.disk) return {subject.not_a_disk};
  const std::uint64_t size = subject.handed->file_size(0).bytes();
  if (size == subject.disk->size() + k_footer_size) return {};
  return {fmt::format("the file has {} bytes, and the disk {}", size, subject.disk->size())};
}

Findings check_system_size(const Subject& subject) {
  if (!subject.disk) return {subject.not_a_disk};
  if (subject.disk->size() <= k_largest_system_disk) return {};
  return {fmt::format("the disk has {}", base::to_string(base::ByteSize(subject.disk->size())))};
}

/// Generation 2 starts by UEFI from the removable media path of the architecture.
Findings check_generation(const Subject& subject) {
  if (!subject.disk) return {subject.not_a_disk};
  if (!subject.partitions) return {"there is no GUID partition table"};
  constexpr std::string_view k_system_partition = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b";
  for (const disk::PartitionEntry& entry : subject.partitions->partitions) {
    if (entry.type.to_string() != k_system_partition) continue;
    const disk::PartitionSource bytes(*subject.disk, entry);
    const auto files = disk::open_filesystem(bytes);
    if (!files) return {"the EFI system partition holds no filesystem"};
    for (const char* loader : {"/EFI/BOOT/BOOTX64.EFI", "/EFI/BOOT/BOOTAA64.EFI"}) {
      if (files->resolve(loader)) return {};
    }
    return {"the EFI system partition has neither EFI/BOOT/BOOTX64.EFI nor BOOTAA64.EFI"};
  }
  return {"there is no EFI system partition"};
}

constexpr std::array k_azure_rules{
    Rule{"azure.fixed", "The file is a fixed VHD: Azure takes neither dynamic VHD nor VHDX.",
         "write it with --format vhd-fixed, or convert it", check_fixed, Needs::nothing},
    Rule{"azure.whole-mib", "The disk's size is a multiple of 1 MiB.",
         "convert it: the new file is rounded up", check_whole_mib, Needs::nothing},
    Rule{"azure.footer", "The file is the disk and a footer of 512 bytes, and nothing else.",
         "upload the file as it was written", check_file_size, Needs::nothing},
    Rule{"azure.system-disk-size", "The disk is not larger than 4095 GiB.", "make the disk smaller",
         check_system_size, Needs::nothing},
    Rule{"azure.generation-2",
         "A machine of generation 2 can start it: GUID partition table, EFI system partition, and "
         "a loader at the removable path.",
         "compose the image with a boot loader for UEFI", check_generation, Needs::nothing},
};

} // namespace

std::span<const Rule> wsl_volume_rules() {
  return k_vhdx_rules;
}

std::span<const Rule> wslg_volume_rules() {
  return k_system_disk_rules;
}

std::span<const Rule> system_rules() {
  return k_system_rules;
}

std::span<const Rule> azure_rules() {
  return k_azure_rules;
}

} // namespace imagewright::lint
