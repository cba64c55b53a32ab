// SPDX-License-Identifier: MIT
#include <array>

#include <elf.h>

#include <imagewright/base/error.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/model/architecture_names.hpp>
#include <imagewright/model/elf_machine.hpp>

namespace imagewright::model {

namespace {

base::Uuid uuid(std::string_view text) {
  const auto parsed = base::Uuid::parse(text);
  IMAGEWRIGHT_ASSERT(parsed.has_value());
  return *parsed;
}

// Partition types: Discoverable Partitions Specification. binfmt magics: ELF64 little endian
// executables (ELF header, e_ident and e_type ET_EXEC or ET_DYN) with e_machine 0xB7 (AArch64) and
// 0x3E (x86-64).
Architecture make_aarch64() {
  return {
      .name = std::string(k_architecture_names[0].name),
      .rpm_accepts = {"aarch64", "noarch"},
      .container_name = "arm64",
      .cosi_name = "arm64",
      .efi_name = "aa64",
      .removable_media_loader = "BOOTAA64.EFI",
      .serial_console = "ttyAMA0",
      .can_boot_legacy_bios = false,
      .partition_types = {.root = uuid("b921b045-1df0-41c3-af44-4c6f280d3fae"),
                          .root_verity = uuid("df3300ce-d69f-4c92-978c-9bfb0f38d820"),
                          .usr = uuid("b0e01050-ee5f-4390-949a-9101b17104e9"),
                          .usr_verity = uuid("6e11a4e7-fbca-4ded-b9e9-e1a512bb664e")},
      .qemu = {.program = "qemu-system-aarch64",
               .machine = "virt",
               .emulated_processor = "cortex-a57",
               .firmware = {{"/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/AAVMF/AAVMF_VARS.fd"},
                            {"/usr/share/edk2/aarch64/QEMU_EFI-pflash.raw",
                             "/usr/share/edk2/aarch64/vars-template-pflash.raw"}}},
      .emulator =
          {.program = "qemu-aarch64-static",
           .magic = R"(\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00)",
           .mask =
               R"(\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff)"},
      .loading = {.loader = "/lib/ld-linux-aarch64.so.1",
                  .libraries = {"/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"}},
  };
}

Architecture make_x86_64() {
  return {
      .name = std::string(k_architecture_names[1].name),
      .rpm_accepts = {"x86_64", "noarch"},
      .container_name = "amd64",
      .cosi_name = "x86_64",
      .efi_name = "x64",
      .removable_media_loader = "BOOTX64.EFI",
      .serial_console = "ttyS0",
      .can_boot_legacy_bios = true,
      .partition_types = {.root = uuid("4f68bce3-e8cd-4db1-96e7-fbcaf984b709"),
                          .root_verity = uuid("2c7357ed-ebd2-46d9-aec1-23d437ec2bf5"),
                          .usr = uuid("8484680c-9521-48c6-9c11-b0720656f69e"),
                          .usr_verity = uuid("77ff5f63-e7b6-4633-acf4-1565b864c0e6")},
      .qemu = {.program = "qemu-system-x86_64",
               .machine = "q35",
               // Everything QEMU can emulate, but for what only makes an emulated guest slow: pages
               // cleared byte by byte, a fifth level of page tables, nested virtualization.
               .emulated_processor = "max,erms=off,fsrm=off,la57=off,svm=off",
               .firmware = {{"/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"},
                            {"/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"},
                            {"/usr/share/edk2/ovmf/OVMF_CODE.fd",
                             "/usr/share/edk2/ovmf/OVMF_VARS.fd"}}},
      .emulator =
          {.program = "qemu-x86_64-static",
           .magic = R"(\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x3e\x00)",
           .mask =
               R"(\xff\xff\xff\xff\xff\xfe\xfe\xfc\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff)"},
      .loading = {.loader = "/lib64/ld-linux-x86-64.so.2",
                  .libraries = {"/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"}},
  };
}

} // namespace

std::span<const Architecture> all_architectures() {
  static const std::array<Architecture, k_architecture_names.size()> all{make_aarch64(),
                                                                         make_x86_64()};
  return all;
}

std::vector<std::string> architecture_words() {
  std::vector<std::string> words;
  for (const ArchitectureName& known : k_architecture_names)
    words.emplace_back(known.name);
  return words;
}

const Architecture* find_architecture(std::string_view name) {
  for (const Architecture& candidate : all_architectures()) {
    if (candidate.name == name) return &candidate;
  }
  return nullptr;
}

const Architecture* find_elf_machine(std::uint16_t machine) {
  struct Row {
    std::uint16_t machine;
    std::string_view name;
  };
  constexpr std::array rows = {Row{EM_AARCH64, "aarch64"}, Row{EM_X86_64, "x86_64"}};
  for (const Row& row : rows) {
    if (row.machine == machine) return find_architecture(row.name);
  }
  return nullptr;
}

const Architecture& architecture(std::string_view name) {
  const Architecture* found = find_architecture(name);
  IMAGEWRIGHT_ASSERT(found != nullptr);
  return *found;
}

const Architecture* host_architecture() {
#if defined(__x86_64__)
  return find_architecture("x86_64");
#elif defined(__aarch64__)
  return find_architecture("aarch64");
#else
  return nullptr;
#endif
}

} // namespace imagewright::model
