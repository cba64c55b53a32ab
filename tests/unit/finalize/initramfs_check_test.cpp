// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>
#include <vector>

#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include <imagewright/fs/file.hpp>
#include <imagewright/fs/root_dir.hpp>

#include "finalize/elf_needs.hpp"
#include "finalize/initramfs_check.hpp"

using namespace imagewright;

namespace {

using Faults = std::vector<std::string>;

struct CheckedRoot {
  CheckedRoot() {
    root.write("/usr/lib64/libc.so.6", "library", 0755);
    root.write("/usr/lib/modules/6.6/modules.dep",
               "kernel/virtio-blk.ko.xz: kernel/virtio.ko.xz\nkernel/virtio.ko.xz:\n"
               "kernel/ext4.ko.xz: kernel/jbd2.ko.xz\nkernel/jbd2.ko.xz:\n",
               0644);
  }

  Faults faults(const finalize::InitramfsContent& content) const {
    return finalize::find_initramfs_faults(content, wishes, root);
  }

  imagewright_test::ScratchDirectory directory;
  fs::RootDir root{directory.path()};
  finalize::InitramfsWishes wishes{
      .kernel_release = "6.6", .dracut_modules = {}, .drivers = {"virtio-blk", "built_in"}};
  finalize::InitramfsContent whole{.has_init = true,
                                   .missing = {},
                                   .library_directories = {"/usr/lib64/"},
                                   .kernel_modules = {"virtio", "virtio_blk"},
                                   .dracut_modules = {"base", "kernel-modules"}};
};

} // namespace

TEST_CASE_METHOD(CheckedRoot, "an initramfs with all that was asked for has no faults") {
  CHECK(faults(whole).empty());
}

TEST_CASE_METHOD(CheckedRoot, "an initramfs without a program to start is none") {
  whole.has_init = false;
  CHECK(faults(whole) == Faults{"it has no program /init"});
}

TEST_CASE_METHOD(CheckedRoot, "a library that the root has and the initramfs lacks is a fault") {
  whole.missing = {{"/usr/bin/sh", "libc.so.6"}, {"/usr/bin/sh", "libnowhere.so.1"}};
  CHECK(faults(whole) == Faults{"it lacks \"libc.so.6\", which \"/usr/bin/sh\" needs"});
}

TEST_CASE_METHOD(CheckedRoot,
                 "drivers that were asked for, and those that they need, must be there") {
  whole.kernel_modules = {"virtio_blk"};
  CHECK(faults(whole) == Faults{"it lacks the driver \"virtio\", which \"virtio_blk\" needs"});
  whole.kernel_modules = {};
  CHECK(faults(whole) == Faults{"it lacks the driver \"virtio-blk\""});
  whole.dracut_modules = {"base"};
  CHECK(faults(whole).empty());
}

TEST_CASE_METHOD(CheckedRoot, "dracut modules that the policy needs must be there") {
  wishes.dracut_modules = {"fips"};
  CHECK(faults(whole) == Faults{"it lacks the dracut module \"fips\""});
}

TEST_CASE("what a program needs is read from its own tables") {
  const auto needs = finalize::find_elf_needs(fs::read_file("/proc/self/exe"));
  REQUIRE(needs);
  CHECK(needs->interpreter.starts_with("/lib"));
  CHECK(std::find(needs->libraries.begin(), needs->libraries.end(), "libc.so.6") !=
        needs->libraries.end());
  CHECK_FALSE(finalize::find_elf_needs("#!/bin/sh\n"));
}

TEST_CASE("a program that is cut off or changed anywhere is read without harm") {
  std::string program = fs::read_file("/usr/bin/true");
  for (std::size_t size = 0; size < 4096 && size < program.size(); size += 13)
    (void)finalize::find_elf_needs(std::string_view(program).substr(0, size));
  for (std::size_t place = 0; place < 2048 && place < program.size(); ++place) {
    std::string changed = program;
    changed[place] = '\xff';
    (void)finalize::find_elf_needs(changed);
  }
}

TEST_CASE("module files have the names that the kernel knows") {
  CHECK(finalize::kernel_module_name("kernel/drivers/virtio-blk.ko.xz") == "virtio_blk");
  CHECK(finalize::kernel_module_name("a.ko") == "a");
  CHECK(finalize::kernel_module_name("modules.dep").empty());
}
