// SPDX-License-Identifier: MIT
#include <array>
#include <cstring>

#include <elf.h>

#include <catch2/catch.hpp>

#include <imagewright/process/program.hpp>

#include "test_root.hpp"

using namespace imagewright;
using imagewright_test::TestRoot;

namespace {

/// A program for aarch64 that exits with 42: mov x0, #42; mov x8, #93 (exit); svc #0.
std::string tiny_foreign_program() {
  const std::array<std::uint32_t, 3> code{0xd2800540, 0xd2800ba8, 0xd4000001};
  constexpr std::uint64_t base = 0x400000;
  constexpr std::uint64_t size = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr) + sizeof code;
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_EXEC;
  header.e_machine = EM_AARCH64;
  header.e_version = EV_CURRENT;
  header.e_entry = base + sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
  header.e_phoff = sizeof(Elf64_Ehdr);
  header.e_ehsize = sizeof(Elf64_Ehdr);
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 1;
  Elf64_Phdr segment{};
  segment.p_type = PT_LOAD;
  segment.p_flags = PF_R | PF_X;
  segment.p_vaddr = segment.p_paddr = base;
  segment.p_filesz = segment.p_memsz = size;
  segment.p_align = 4096;
  std::string program(reinterpret_cast<const char*>(&header), sizeof header);
  program.append(reinterpret_cast<const char*>(&segment), sizeof segment);
  program.append(reinterpret_cast<const char*>(code.data()), sizeof code);
  return program;
}

} // namespace

TEST_CASE("programs of a foreign architecture run inside, and only inside", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  const auto emulator = process::find_program("qemu-aarch64-static");
  if (!emulator) IMAGEWRIGHT_SKIP("qemu-aarch64-static is not on this host");
  if (sandbox::probe().private_binfmt_misc == sandbox::Ability::absent) {
    IMAGEWRIGHT_SKIP("this kernel has no private binfmt_misc");
  }
  TestRoot root;
  std::ofstream(root.path("foreign"), std::ios::binary) << tiny_foreign_program();
  std::filesystem::permissions(root.path("foreign"), std::filesystem::perms::owner_all);
  root.options.emulator = sandbox::Emulator{
      *emulator,
      R"(\x7f\x45\x4c\x46\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00)",
      R"(\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff)"};
  sandbox::Sandbox sandbox(root.options, root.cancellation);
  process::Command command;
  command.argv = {"/foreign"};
  CHECK(sandbox.run(command).exit_code == 42);
  // Owners of other users can still be given to files, and native programs run beside.
  CHECK(root.output_of("touch /file; chown 1234:5678 /file; stat -c '%u %g' /file") ==
        "1234 5678\n");
  root.options.emulator.reset();
  CHECK(root.shell("/foreign").exit_code != 42);
}

TEST_CASE("starts of foreign programs are noted", "[sandbox]") {
  IMAGEWRIGHT_NEED_SANDBOX();
  const auto emulator = process::find_program("qemu-aarch64-static");
  if (!emulator) IMAGEWRIGHT_SKIP("qemu-aarch64-static is not on this host");
  if (sandbox::probe().private_binfmt_misc == sandbox::Ability::absent) {
    IMAGEWRIGHT_SKIP("this kernel has no private binfmt_misc");
  }
  TestRoot root;
  std::ofstream(root.path("foreign"), std::ios::binary) << tiny_foreign_program();
  std::filesystem::permissions(root.path("foreign"), std::filesystem::perms::owner_all);
  std::filesystem::create_directory(root.scratch / "emulation");
  root.options.emulator = sandbox::Emulator{
      .program = *emulator,
      .magic =
          R"(\x7f\x45\x4c\x46\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00)",
      .mask = R"(\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff)",
      .directory = root.scratch / "emulation"};
  sandbox::prepare_emulation(*root.options.emulator);
  CHECK(sandbox::count_program_starts(*root.options.emulator) == sandbox::ProgramStarts{});
  CHECK(root.output_of("/foreign; echo $?; cd / && ./foreign; echo $?") == "42\n42\n");
  CHECK(sandbox::count_program_starts(*root.options.emulator) ==
        sandbox::ProgramStarts{.emulated = 2, .native = 0});
  CHECK_FALSE(std::filesystem::exists(root.path("run/imagewright")));
}
