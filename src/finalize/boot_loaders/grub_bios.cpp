// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/process/command.hpp>

#include "../boot_paths.hpp"
#include "boot_loaders.hpp"
#include "grub_configuration.hpp"

// GRUB 2.06: include/grub/i386/pc/boot.h (offsets in boot.img), include/grub/offsets.h,
// util/setup.c (what is filled in).

namespace imagewright::finalize::boot_loaders {
namespace {

constexpr std::size_t k_sector_size = 512;
/// The boot code of a protective MBR (UEFI 2.10, table 5-4); the partition record follows later.
constexpr std::size_t k_boot_code_size = 440;
/// GRUB_BOOT_MACHINE_KERNEL_SECTOR: where the boot sector finds the rest.
constexpr std::size_t k_kernel_sector = 0x5c;
/// GRUB_BOOT_MACHINE_DRIVE_CHECK: a jump that hard disks do without, for firmware that passes a
/// wrong drive.
constexpr std::size_t k_drive_check = 0x66;
/// The first block list entry, at the end of the first sector: start, length, segment.
constexpr std::size_t k_first_block = k_sector_size - 12;

constexpr auto k_modules = "/usr/lib/grub/i386-pc";
constexpr std::array k_built_in{
    "biosdisk",   "part_gpt", "ext2",     "xfs",     "btrfs", "search", "normal", "linux",
    "configfile", "serial",   "terminal", "minicmd", "echo",  "test",   "reboot", "halt"};

/// GPT partition type of GRUB's manual, section "BIOS installation".
base::Uuid bios_boot_type() {
  return *base::Uuid::parse("21686148-6449-6e6f-744e-656564454649");
}

const model::Partition& bios_boot_partition(const model::DiskLayout& layout) {
  const auto& partitions = layout.partitions;
  const auto partition = std::ranges::find(partitions, bios_boot_type(), &model::Partition::type);
  if (partition == partitions.end()) {
    throw base::Error(base::FailureKind::input, "finalize.no-bios-boot-partition",
                      "the disk has no partition for GRUB's second part",
                      "add a partition with \"type: bios-grub\", 1 MiB large, as the first one");
  }
  return *partition;
}

template <typename Integer>
void put(std::string& bytes, std::size_t offset, Integer value) {
  for (std::size_t i = 0; i < sizeof(value); ++i) {
    bytes.at(offset + i) = static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
  }
}

std::string mkimage_program(const fs::RootDir& files) {
  return files.exists("/usr/bin/grub2-mkimage") ? "/usr/bin/grub2-mkimage"
                                                : "/usr/bin/grub-mkimage";
}

void make_core_image(const model::DiskLayout& layout, root::WorkRoot& root,
                     const std::string& directory) {
  const fs::RootDir& files = root.files();
  const auto start = directory + "/load.cfg";
  files.write(start, grub_start(layout, files), 0644);
  process::Command command{.argv = {mkimage_program(files), "--format=i386-pc",
                                    std::string("--directory=") + k_modules,
                                    "--prefix=" + grub_directory(files), "--config=" + start,
                                    "--output=" + directory + "/core.img"},
                           .description = "make GRUB's core image"};
  command.argv.insert(command.argv.end(), k_built_in.begin(), k_built_in.end());
  process::require_success(root.programs()->run(command));
}

void require_size(const std::string& image, std::size_t smallest, std::uint64_t largest,
                  const std::string& path) {
  if (image.size() >= smallest && image.size() <= largest) return;
  throw base::Error(base::FailureKind::build, "finalize.unfit-boot-image",
                    base::quoted(path) + " has " + std::to_string(image.size()) +
                        " bytes, which does not fit where GRUB belongs",
                    "make the partition of type bios-grub larger, or look at GRUB's package");
}

/// What grub-bios-setup would write, as data: the disk does not exist yet.
std::vector<model::DiskPatch> disk_patches(const model::DiskLayout& layout,
                                           const fs::RootDir& files, const std::string& directory) {
  const auto& partition = bios_boot_partition(layout);
  const auto sector = partition.start.bytes() / k_sector_size;
  auto boot = files.read(directory + "/boot.img");
  require_size(boot, k_sector_size, k_sector_size, directory + "/boot.img");
  put(boot, k_kernel_sector, std::uint64_t{sector});
  put(boot, k_drive_check, std::uint16_t{0x9090});
  boot.resize(k_boot_code_size);
  auto core = files.read(directory + "/core.img");
  require_size(core, 2 * k_sector_size, partition.size.bytes(), directory + "/core.img");
  put(core, k_first_block, std::uint64_t{sector + 1});
  return {{base::ByteSize(), std::move(boot)}, {partition.start, std::move(core)}};
}

} // namespace

StepYield install_grub_for_bios(const BootInput& input, root::WorkRoot& root) {
  const fs::RootDir& files = root.files();
  StepYield yield = write_grub_configuration(input, files);
  const auto directory = grub_directory(files) + "/i386-pc";
  copy_boot_file(files, std::string(k_modules) + "/boot.img", directory + "/boot.img");
  make_core_image(input.layout, root, directory);
  yield.disk_patches = disk_patches(input.layout, files, directory);
  return yield;
}

} // namespace imagewright::finalize::boot_loaders
