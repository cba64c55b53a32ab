// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "boot_root.hpp"

using namespace finalize_test;

TEST_CASE_METHOD(BootRoot, "finds kernels, the newest first") {
  root.write("/usr/lib/modules/6.7.0/vmlinuz", "x", 0644);
  root.write("/usr/lib/modules/6.9.0/extra/modules.only", "x", 0644);
  run_step(steps::kernels);
  REQUIRE(found.kernels.size() == 3);
  CHECK(found.kernels[0].image == "/usr/lib/modules/6.7.0/vmlinuz");
  CHECK(found.kernels[1].release == "6.6.10");
  CHECK(found.kernels[2].release == "6.6.9");
  REQUIRE(programs.commands.size() == 1);
  CHECK(programs.commands[0].argv == std::vector<std::string>{"depmod", "-a", "6.7.0"});
}

TEST_CASE_METHOD(BootRoot, "the default kernel is the newest of those that were chosen") {
  add_kernel("6.12.1");
  const auto default_of = [&](const model::DefaultKernel& wanted) {
    found.kernels.clear();
    plan.policy.default_kernel = wanted;
    run_step(steps::kernels);
    REQUIRE(found.kernels.size() == 3);
    return found.kernels.front().release;
  };
  CHECK(default_of({}) == "6.12.1");
  CHECK(default_of({.package = "", .series = "6.6"}) == "6.6.10");
  installed.kernel_packages = {{"kernel-lts", "6.6.10"}, {"kernel-lts", "6.6.9"}, {"old", "6.6.9"}};
  CHECK(default_of({.package = "kernel-lts", .series = ""}) == "6.6.10");
  CHECK(default_of({.package = "old", .series = "6.12"}) == "6.6.9");
  CHECK(default_of({.package = "old-6.6.9-1", .series = ""}) == "6.6.9");
  CHECK(default_of({.package = "old = 6.6.9", .series = ""}) == "6.6.9");
  installed.packages = {{.name = "kernel-lts"}, {.name = "kernel-lts-extra"}, {.name = "old"}};
  CHECK(code_of([&] { default_of({.package = "kernel-lts-extra", .series = ""}); }) ==
        "finalize.no-chosen-kernel");
  CHECK(default_of({.package = "/boot/a-file", .series = ""}) == "6.12.1");
}

TEST_CASE_METHOD(BootRoot, "boot loaders are told of a default that is not the newest") {
  plan.policy.default_kernel.series = "6.6.9";
  SECTION("systemd-boot") {
    run();
    CHECK(root.read("/boot/efi/loader/loader.conf") ==
          "timeout 0\nconsole-mode keep\neditor no\ndefault workbench-6.6.9.conf\n");
  }
  SECTION("GRUB") {
    plan.boot_loader.kind = finalize::BootLoaderKind::grub;
    plan.boot_loader.facts.configuration_directory = "/EFI/test";
    run();
    const auto text = root.read("/boot/grub/grub.cfg");
    CHECK(text.find("--id 6.6.9 ") < text.find("--id 6.6.10 "));
    CHECK(root.read("/etc/default/grub").find("GRUB_TOP_LEVEL=\"/boot/vmlinuz-6.6.9\"\n") !=
          std::string::npos);
  }
}

TEST_CASE_METHOD(FakeRoot, "a bootable image without a kernel is an error") {
  plan.boot_loader.kind = finalize::BootLoaderKind::systemd_boot;
  CHECK(code_of([&] { run_step(steps::kernels); }) == "finalize.no-kernel");
  plan.boot_loader.kind = finalize::BootLoaderKind::none;
  CHECK(code_of([&] { run_step(steps::kernels); }).empty());
}

TEST_CASE_METHOD(BootRoot, "a kernel without the file that a policy needs beside it is an error") {
  plan.policy.kernel_companions = {{.name = ".@image@.sum", .origin = "os.some.mode"}};
  root.write("/boot/.vmlinuz-6.6.9.sum", "", 0644);
  CHECK(code_of([&] { run(); }) == "finalize.missing-kernel-file");
  root.write("/boot/.vmlinuz-6.6.10.sum", "", 0644);
  CHECK(code_of([&] { run(); }).empty());
}

TEST_CASE_METHOD(BootRoot, "runs dracut exactly once for each kernel") {
  plan.initramfs = {.modules = {"base", "systemd"},
                    .omit_modules = {"plymouth"},
                    .drivers = {"ext4"},
                    .filesystems = {"ext4", "vfat"},
                    .compression = "zstd -3 -T0"};
  plan.policy.initramfs_modules = {"fips", "base"};
  plan.policy.initramfs_drivers = {"xfs"};
  run();
  REQUIRE(programs.commands.size() == 2);
  const auto path = "/boot/efi/workbench/6.6.10/initrd";
  CHECK(programs.commands[0].argv ==
        std::vector<std::string>{"dracut", "--force", "--no-hostonly", "--no-hostonly-cmdline",
                                 "--nostrip", "--reproducible", "--kver", "6.6.10", "--modules",
                                 "base systemd fips", "--omit", "plymouth", "--drivers", "ext4 xfs",
                                 "--filesystems", "ext4 vfat", "--compress", "zstd -3 -T0", path});
  CHECK(root.find_status(path)->permissions == 0600);
}

TEST_CASE_METHOD(BootRoot, "a node is told to make an initramfs like the image's") {
  const auto path = "/etc/dracut.conf.d/00-composed.conf";
  root.write("/usr/bin/dracut", "", 0755);
  plan.initramfs = {.modules = {"base"},
                    .omit_modules = {"plymouth"},
                    .drivers = {},
                    .filesystems = {"ext4", "vfat"},
                    .compression = "zstd -3 -T0"};
  plan.policy.initramfs_modules = {"fips"};
  plan.policy.initramfs_drivers = {"xfs"};
  SECTION("in dracut's settings, before those of packages") {
    run_step(steps::initramfs_settings);
    CHECK(root.read(path) ==
          "# Made with the image: what a node makes itself is like the image's own.\n"
          "hostonly=\"no\"\nhostonly_cmdline=\"no\"\ndo_strip=\"no\"\n"
          "dracutmodules+=\" base fips \"\nomit_dracutmodules+=\" plymouth \"\n"
          "add_drivers+=\" xfs \"\nfilesystems+=\" ext4 vfat \"\ncompress=\"zstd -3 -T0\"\n");
  }
  SECTION("unless nothing boots, or there is no dracut") {
    SECTION("boot loader") {
      plan.boot_loader.kind = finalize::BootLoaderKind::none;
    }
    SECTION("dracut") {
      root.remove("/usr/bin/dracut");
    }
    run_step(steps::initramfs_settings);
    CHECK_FALSE(root.exists(path));
  }
}

TEST_CASE_METHOD(BootRoot, "a packaged link to dracut's log stays, and the log goes") {
  root.make_directories("/var/opt/dracut");
  root.make_directories("/var/log");
  root.make_symlink("/var/log/dracut.log", "../opt/dracut/dracut.log");
  programs.effect = [this](const process::Command& command, process::CommandResult&) {
    if (command.argv[0] != "dracut") return;
    root.write(command.argv.back(), "initramfs", 0644);
    root.write("/var/opt/dracut/dracut.log", "told", 0644);
  };
  run();
  CHECK(root.find_link_target("/var/log/dracut.log") == "../opt/dracut/dracut.log");
  CHECK_FALSE(root.exists("/var/opt/dracut/dracut.log"));
}

TEST_CASE_METHOD(BootRoot, "adds to dracut's own choice when the release makes none") {
  plan.policy.initramfs_modules = {"fips"};
  run();
  const auto& arguments = programs.commands.at(0).argv;
  CHECK(std::ranges::find(arguments, "--add") != arguments.end());
  CHECK(std::ranges::find(arguments, "--modules") == arguments.end());
  CHECK(std::ranges::find(arguments, "--drivers") == arguments.end());
}

TEST_CASE_METHOD(BootRoot, "an initramfs that lacks something is an error") {
  SECTION("a module") {
    programs.effect = [](const process::Command&, process::CommandResult& result) {
      result.standard_error = "dracut: dracut module 'fips' cannot be found or installed.\n";
    };
    CHECK(code_of([&] { run(); }) == "finalize.incomplete-initramfs");
  }
  SECTION("the compression") {
    programs.effect = [](const process::Command&, process::CommandResult& result) {
      result.standard_error =
          "dracut[E]: Cannot execute compression command 'zstd -3', falling back to default\n";
    };
    CHECK(code_of([&] { run(); }) == "finalize.incomplete-initramfs");
  }
  SECTION("a driver") {
    programs.effect = [](const process::Command&, process::CommandResult& result) {
      result.standard_error = "dracut-install: Failed to find module 'nosuch'\n"
                              "dracut: FAILED: /usr/lib/dracut/dracut-install -m nosuch\n";
    };
    CHECK(code_of([&] { run(); }) == "finalize.incomplete-initramfs");
  }
  SECTION("the file") {
    programs.effect = {};
    CHECK(code_of([&] { run(); }) == "finalize.incomplete-initramfs");
  }
  SECTION("its program failed") {
    programs.effect = [](const process::Command&, process::CommandResult& result) {
      result.exit_code = 1;
    };
    CHECK(code_of([&] { run(); }) == "process.command-failed");
  }
}

TEST_CASE_METHOD(BootRoot, "installs systemd-boot with an entry for each kernel") {
  plan.boot_loader.timeout_seconds = 3;
  run();
  CHECK(root.read("/boot/efi/EFI/BOOT/BOOTX64.EFI") == "loader");
  CHECK(root.read("/boot/efi/EFI/systemd/systemd-bootx64.efi") == "loader");
  CHECK(root.read("/boot/efi/loader/loader.conf") == "timeout 3\nconsole-mode keep\neditor no\n");
  CHECK(root.read("/boot/efi/loader/entries.srel") == "type1\n");
  CHECK(root.list("/boot/efi/loader/entries") ==
        std::vector<std::string>{"workbench-6.6.10.conf", "workbench-6.6.9.conf"});
  CHECK(root.read("/boot/efi/loader/entries/workbench-6.6.10.conf") ==
        "title Work bench 1\nversion 6.6.10\nsort-key workbench\noptions root=UUID=1 rw quiet\n"
        "linux /workbench/6.6.10/linux\ninitrd /workbench/6.6.10/initrd\n");
  CHECK(root.read("/boot/efi/workbench/6.6.10/linux") == "kernel 6.6.10");
  CHECK(root.read("/etc/kernel/cmdline") == "root=UUID=1 rw quiet\n");
  CHECK(root.read("/etc/kernel/entry-token") == "workbench\n");
}

TEST_CASE_METHOD(BootRoot, "puts the shim before the loader when the release has one") {
  root.write("/usr/lib/shim/shimx64.efi", "shim", 0644);
  plan.boot_loader.facts.shim.text = "/usr/lib/shim/shim@efi@.efi";
  run();
  CHECK(root.read("/boot/efi/EFI/BOOT/BOOTX64.EFI") == "shim");
  CHECK(root.read("/boot/efi/EFI/BOOT/grubx64.efi") == "loader");
}

TEST_CASE_METHOD(BootRoot, "names on the ESP are found whatever their case") {
  SECTION("a shim that is packaged in its place is left alone") {
    root.write("/boot/efi/EFI/BOOT/bootx64.efi", "shim", 0644);
    plan.boot_loader.facts.shim.text = "/boot/efi/EFI/BOOT/bootx64.efi";
    run();
    CHECK(root.read("/boot/efi/EFI/BOOT/bootx64.efi") == "shim");
    CHECK(root.list("/boot/efi/EFI/BOOT") ==
          std::vector<std::string>{"bootx64.efi", "grubx64.efi"});
  }
  SECTION("a file of another spelling is replaced") {
    root.write("/boot/efi/efi/Boot/BootX64.efi", "old", 0644);
    run();
    CHECK(root.read("/boot/efi/efi/Boot/BootX64.efi") == "loader");
    CHECK(root.list("/boot/efi/efi/Boot") == std::vector<std::string>{"BootX64.efi"});
    CHECK_FALSE(root.exists("/boot/efi/EFI"));
  }
  SECTION("so is one of a file of the config") {
    root.write("/boot/efi/EFI/tool.efi", "packaged", 0644);
    plan.os.additional_files = {
        {.destination = "/boot/efi/efi/TOOL.EFI", .content = std::string("mine"), .where = at(3)}};
    run_step(steps::added_files);
    CHECK(root.read("/boot/efi/EFI/tool.efi") == "mine");
    CHECK_FALSE(root.exists("/boot/efi/efi"));
  }
}

TEST_CASE_METHOD(BootRoot, "a boot loader whose program is missing is an error") {
  plan.boot_loader.facts.efi_program.text = "/usr/lib/boot/none.efi";
  CHECK(code_of([&] { run(); }) == "finalize.missing-boot-file");
}

TEST_CASE_METHOD(BootRoot,
                 "installs GRUB with a small configuration on the ESP that leads to the real one") {
  plan.boot_loader.kind = finalize::BootLoaderKind::grub;
  plan.boot_loader.facts.configuration_directory = "/EFI/test";
  plan.boot_loader.serial_console = "ttyS0";
  found.command_line = "root=UUID=1 rw a=$b";
  run();
  const auto uuid = uuid_of(0);
  CHECK(root.read("/boot/efi/EFI/test/grub.cfg") ==
        "search --no-floppy --fs-uuid --set=root " + uuid +
            "\nset prefix=($root)/boot/grub\nconfigfile $prefix/grub.cfg\n");
  const auto text = root.read("/boot/grub/grub.cfg");
  CHECK(text.find("menuentry 'Work bench 1, Linux 6.6.10' --id 6.6.10 {\n"
                  "  search --no-floppy --fs-uuid --set=root " +
                  uuid +
                  "\n  linux /boot/vmlinuz-6.6.10 root=UUID=1 rw 'a=$b'\n"
                  "  initrd /boot/initramfs-6.6.10.img\n}\n") != std::string::npos);
  CHECK(text.find("6.6.10") < text.find("6.6.9"));
  CHECK(root.read("/etc/default/grub") ==
        "GRUB_TIMEOUT=0\nGRUB_CMDLINE_LINUX=\"rw 'a=\\$b'\"\nGRUB_DISABLE_OS_PROBER=true\n"
        "GRUB_TERMINAL=\"serial console\"\n");
}

TEST_CASE_METHOD(BootRoot,
                 "each kernel argument is one word of GRUB, on the disk and on the node") {
  plan.boot_loader.kind = finalize::BootLoaderKind::grub;
  plan.boot_loader.facts.configuration_directory = "/EFI/test";
  found.command_line =
      R"(root=UUID=1 rw dyndbg="file a.c +p ; file b.c +p" ds=nocloud;s=http://h/ memmap=1M$1G #x ü)";
  run();
  const std::string words = R"(rw 'dyndbg=file a.c +p ; file b.c +p' 'ds=nocloud;s=http://h/' )"
                            R"('memmap=1M$1G' '#x' 'ü')";
  CHECK(root.read("/boot/grub/grub.cfg").find("root=UUID=1 " + words + "\n") != std::string::npos);
  const std::string shell = R"(rw 'dyndbg=file a.c +p ; file b.c +p' 'ds=nocloud;s=http://h/' )"
                            R"('memmap=1M\$1G' '#x' 'ü')";
  CHECK(root.read("/etc/default/grub").find("GRUB_CMDLINE_LINUX=\"" + shell + "\"\n") !=
        std::string::npos);
}

namespace {

struct BiosRoot : BootRoot {
  BiosRoot() {
    plan.boot_loader = {.kind = finalize::BootLoaderKind::grub_bios};
    model::Partition bios;
    bios.type = *base::Uuid::parse("21686148-6449-6e6f-744e-656564454649");
    bios.start = base::ByteSize::mib(1);
    bios.size = base::ByteSize::mib(1);
    plan.layout.partitions.insert(plan.layout.partitions.begin(), bios);
    root.write("/usr/lib/grub/i386-pc/boot.img", std::string(512, 'b'), 0644);
    programs.effect = [this](const process::Command& command, process::CommandResult&) {
      if (command.argv[0] == "dracut") root.write(command.argv.back(), "initramfs", 0644);
      if (command.argv[0] != "/usr/bin/grub-mkimage") return;
      root.write("/boot/grub/i386-pc/core.img", std::string(core_size, 'c'), 0644);
    };
  }

  std::size_t core_size = 4096;
};

} // namespace

TEST_CASE_METHOD(BiosRoot,
                 "GRUB for a BIOS becomes two pieces of the disk that know of each other") {
  run();
  CHECK(root.read("/boot/grub/i386-pc/load.cfg") == "search --no-floppy --fs-uuid --set=root " +
                                                        uuid_of(1) +
                                                        "\nset prefix=($root)/boot/grub\n");
  CHECK(root.read("/boot/grub/grub.cfg").find("linux /boot/vmlinuz-6.6.10 ") != std::string::npos);
  REQUIRE(found.disk_patches.size() == 2);
  const auto& boot = found.disk_patches[0];
  CHECK(boot.offset.bytes() == 0);
  CHECK(boot.content.size() == 440);
  // Sector 2048, in little endian; the jump is gone.
  CHECK(boot.content.substr(0x5b, 10) == std::string("b\0\x08\0\0\0\0\0\0b", 10));
  CHECK(boot.content.substr(0x65, 4) == "b\x90\x90"
                                        "b");
  const auto& core = found.disk_patches[1];
  CHECK(core.offset == base::ByteSize::mib(1));
  CHECK(core.content.size() == 4096);
  CHECK(core.content.substr(499, 10) == std::string("c\x01\x08\0\0\0\0\0\0c", 10));
}

TEST_CASE_METHOD(BiosRoot, "GRUB for a BIOS needs a partition, and one that is large enough") {
  SECTION("none") {
    plan.layout.partitions.erase(plan.layout.partitions.begin());
    CHECK(code_of([&] { run(); }) == "finalize.no-bios-boot-partition");
  }
  SECTION("too small") {
    core_size = 1024 * 1024 + 1;
    CHECK(code_of([&] { run(); }) == "finalize.unfit-boot-image");
  }
}

TEST_CASE_METHOD(BootRoot, "GRUB's paths lack /boot where that is a filesystem of its own") {
  plan.boot_loader.kind = finalize::BootLoaderKind::grub;
  plan.boot_loader.facts.configuration_directory = "/EFI/test";
  root.make_directories("/boot/grub2");
  add_partition("/boot", model::FilesystemType::ext4);
  root.write("/usr/lib/modules/6.7.0/vmlinuz", "new", 0644);
  run();
  CHECK(root.read("/boot/efi/EFI/test/grub.cfg") ==
        "search --no-floppy --fs-uuid --set=root " + uuid_of(1) +
            "\nset prefix=($root)/grub2\nconfigfile $prefix/grub.cfg\n");
  const auto text = root.read("/boot/grub2/grub.cfg");
  CHECK(text.find("linux /vmlinuz-6.7.0 ") != std::string::npos);
  CHECK(text.find("initrd /initramfs-6.7.0.img") != std::string::npos);
  CHECK(root.read("/boot/vmlinuz-6.7.0") == "new");
}

TEST_CASE_METHOD(BootRoot, "what dracut chooses not to take is no complaint") {
  const auto make = programs.effect;
  programs.effect = [&](const process::Command& command, process::CommandResult& result) {
    make(command, result);
    result.standard_error =
        "dracut: dracut module 'nfs' will not be installed, because command 'mount.nfs' could not "
        "be found!\ncannot open display\n";
  };
  CHECK(code_of([&] { run(); }).empty());
}

TEST_CASE_METHOD(BootRoot, "settings of the boot loader can be the config's") {
  for (const auto* path : {"/boot/efi/loader/loader.conf", "/etc/kernel/cmdline",
                           "/etc/kernel/entry-token", "/etc/default/grub"}) {
    root.write(path, "mine\n", 0644);
    found.given_files.push_back({path, at(3)});
  }
  if (GENERATE(true, false)) plan.boot_loader.kind = finalize::BootLoaderKind::grub;
  run();
  for (const auto& file : found.given_files)
    CHECK(root.read(file.path) == "mine\n");
}

TEST_CASE_METHOD(BootRoot, "what the boot chain is made of cannot be the config's") {
  const auto path = GENERATE(as<std::string>{}, "/boot/efi/EFI/BOOT/BOOTX64.EFI",
                             "/boot/efi/loader/entries/workbench-6.6.9.conf",
                             "/boot/efi/workbench/6.6.9/initrd", "/boot/efi/workbench/6.6.9/linux");
  root.write(path, "mine\n", 0644);
  found.given_files.push_back({path, at(3)});
  CHECK(code_of([&] { run(); }) == "finalize.file-overwritten");
}

TEST_CASE_METHOD(BootRoot, "GRUB's settings have the form that the release gives them") {
  plan.boot_loader.kind = finalize::BootLoaderKind::grub;
  plan.boot_loader.facts.configuration_directory = "/EFI/test";
  plan.boot_loader.facts.defaults =
      "GRUB_TIMEOUT=@timeout@\nGRUB_CMDLINE_LINUX=\"@commandLine@\"\nA=\"$x\"\n";
  found.command_line = "root=UUID=1 rw a=$b";
  plan.boot_loader.serial_console = "ttyS0";
  run();
  // Where GRUB writes is the release's to say.
  CHECK(root.read("/boot/grub/grub.cfg").find("serial") == std::string::npos);
  CHECK(root.read("/etc/default/grub") ==
        "GRUB_TIMEOUT=0\nGRUB_CMDLINE_LINUX=\"rw 'a=\\$b'\"\nA=\"$x\"\n");
  CHECK(root.read("/boot/grub/grub.cfg").find("automatically generated by grub2-mkconfig") !=
        std::string::npos);
}

namespace {

/// The kernel's command line in the first entry of GRUB's menu.
std::string menu_line(const fs::RootDir& root) {
  const auto text = root.read("/boot/grub/grub.cfg");
  const auto start = text.find("/boot/vmlinuz-6.6.10 ") + 21;
  return text.substr(start, text.find('\n', start) - start);
}

} // namespace

TEST_CASE_METHOD(BootRoot, "the first menu is what GRUB's settings say, whoever wrote them") {
  plan.boot_loader.kind = finalize::BootLoaderKind::grub;
  plan.boot_loader.facts.configuration_directory = "/EFI/test";
  plan.policy.kernel_arguments = {{"root=UUID=1", "storage", {}},
                                  {"rw", "storage", {}},
                                  {"quiet", "release workbench", {}},
                                  {"fips=1", "os.fips.mode", {}}};
  found.command_line = "root=UUID=1 rw quiet fips=1";
  const std::string settings = "GRUB_TIMEOUT=9\nGRUB_CMDLINE_LINUX=\"mine 'b=c d'\"\n";
  run_step(steps::grub_settings);
  CHECK(root.read("/etc/default/grub").find("quiet fips=1") != std::string::npos);
  const bool is_early = GENERATE(true, false);
  if (is_early) root.write("/etc/default/grub", settings, 0644);
  run_step(steps::kernels);
  run_step(steps::initramfs);
  run_step(steps::boot_loader);
  CHECK(menu_line(root) ==
        (is_early ? "root=UUID=1 rw fips=1 mine 'b=c d'" : "root=UUID=1 rw quiet fips=1"));
  root.write("/etc/default/grub", settings, 0644);
  run_step(steps::grub_menu);
  // What a key of the config asks for stays, and both losses are told.
  CHECK(menu_line(root) == "root=UUID=1 rw fips=1 mine 'b=c d'");
  CHECK(root.read("/boot/grub/grub.cfg").find("set timeout=9\n") != std::string::npos);
  CHECK(found.command_line == "root=UUID=1 rw fips=1 mine b=\"c d\"");
  REQUIRE(warnings().size() == 2);
  CHECK(warnings()[0].message ==
        "\"/etc/default/grub\" lacks the kernel argument \"quiet\" of release workbench, and so "
        "does the menu of this image");
  CHECK(warnings()[1].code == "finalize.boot-settings-lack-argument");
  CHECK(warnings()[1].message.find("\"fips=1\" of os.fips.mode: menus that the node makes") !=
        std::string::npos);
}

TEST_CASE_METHOD(BootRoot, "settings that the first menu does not follow are told") {
  plan.boot_loader.kind = finalize::BootLoaderKind::grub;
  plan.boot_loader.facts.configuration_directory = "/EFI/test";
  found.command_line = "root=UUID=1 rw";
  run_step(steps::grub_settings);
  run_step(steps::kernels);
  run_step(steps::initramfs);
  run_step(steps::boot_loader);
  root.append("/etc/default/grub", "GRUB_DEFAULT=Dom0\nif probe; then\n  GRUB_TIMEOUT=5\nfi\n");
  run_step(steps::grub_menu);
  REQUIRE(warnings().size() == 2);
  for (const auto& warning : warnings())
    CHECK(warning.code == "finalize.boot-settings-not-followed");
  CHECK(warnings()[0].message.find("sets GRUB_DEFAULT (\"Dom0\")") != std::string::npos);
  CHECK(warnings()[1].message.find("GRUB_TIMEOUT=5") != std::string::npos);
}

TEST_CASE_METHOD(BootRoot, "entries of systemd-boot are what the config's line for the node says") {
  plan.policy.kernel_arguments = {{"quiet", "release workbench", {}},
                                  {"fips=1", "os.fips.mode", {}}};
  found.command_line = "root=UUID=1 rw quiet fips=1";
  root.write("/etc/kernel/cmdline", "mine dyndbg=\"file a +p\"\n", 0644);
  found.given_files.push_back({"/etc/kernel/cmdline", at(3)});
  run();
  const std::string line = "root=UUID=1 rw fips=1 mine dyndbg=\"file a +p\"";
  CHECK(
      root.read("/boot/efi/loader/entries/workbench-6.6.10.conf").find("options " + line + "\n") !=
      std::string::npos);
  CHECK(found.command_line == line);
  REQUIRE(warnings().size() == 2);
  CHECK(warnings()[1].message.find("\"/etc/kernel/cmdline\" lacks") == 0);
}

TEST_CASE_METHOD(BootRoot, "what is not understood for GRUB alone is told as well") {
  root.write("/etc/default/grub.d/51.cfg", "GRUB_CMDLINE_LINUX=$(probe)\n", 0755);
  run();
  REQUIRE(warnings().size() == 1);
  CHECK(warnings()[0].code == "finalize.argument-for-grub-alone");
  CHECK(warnings()[0].message.find("$(probe)") != std::string::npos);
}

TEST_CASE_METHOD(BootRoot, "arguments that packages have for GRUB alone are told where it is not") {
  root.write("/etc/default/grub.d/51_kexec.cfg",
             "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX crashkernel=256M quiet\"\n", 0755);
  if (GENERATE(true, false)) {
    run();
    REQUIRE(warnings().size() == 1);
    CHECK(warnings()[0].code == "finalize.argument-for-grub-alone");
    CHECK(warnings()[0].message.find("\"crashkernel=256M\"") != std::string::npos);
  } else {
    plan.boot_loader.kind = finalize::BootLoaderKind::grub;
    plan.boot_loader.facts.configuration_directory = "/EFI/test";
    plan.boot_loader.facts.defaults = "for x in /etc/default/grub.d/*.cfg; do . $x; done\n";
    run();
    CHECK(warnings().empty());
  }
}

TEST_CASE_METHOD(BootRoot, "a menu that a script has written stays") {
  plan.boot_loader.kind = finalize::BootLoaderKind::grub;
  plan.boot_loader.facts.configuration_directory = "/EFI/test";
  run();
  const std::string own = root.read("/boot/grub/grub.cfg") + "# and mine\n";
  root.write("/boot/grub/grub.cfg", own, 0600);
  root.write("/etc/default/grub", "GRUB_CMDLINE_LINUX=other\n", 0644);
  run_step(steps::grub_menu);
  CHECK(root.read("/boot/grub/grub.cfg") == own);
  CHECK(found.command_line == "root=UUID=1 rw quiet");
}

TEST_CASE_METHOD(BootRoot, "a default kernel that later menus do not keep is told") {
  plan.boot_loader.kind = finalize::BootLoaderKind::grub;
  plan.boot_loader.facts.configuration_directory = "/EFI/test";
  plan.boot_loader.facts.defaults = "GRUB_CMDLINE_LINUX=\"@commandLine@\"\n";
  run();
  CHECK(warnings().empty());
  std::swap(found.kernels.at(0), found.kernels.at(1));
  run_step(steps::boot_loader);
  run_step(steps::grub_menu);
  REQUIRE(warnings().size() == 1);
  CHECK(warnings()[0].code == "finalize.default-kernel-not-kept");
  CHECK(warnings()[0].message.find("\"6.6.9\", and \"6.6.10\" once") != std::string::npos);
}

TEST_CASE_METHOD(BootRoot, "what only later menus have is told") {
  plan.boot_loader.kind = finalize::BootLoaderKind::grub;
  plan.boot_loader.facts.configuration_directory = "/EFI/test";
  root.write("/etc/grub.d/10_linux", "#!/bin/sh\necho entry\n", 0755);
  root.write("/etc/grub.d/40_custom", "#!/bin/sh\nexec tail -n +3 $0\n# Type here.\n", 0755);
  root.write("/etc/grub.d/41_custom", "#!/bin/sh\ncat <<EOF\nsource custom.cfg\nEOF\n", 0755);
  root.write("/etc/grub.d/50_off", "#!/bin/sh\necho entry\n", 0644);
  run();
  CHECK(warnings().empty());
  root.write("/etc/grub.d/40_custom", "#!/bin/sh\nexec tail -n +3 $0\nmenuentry A {}\n", 0755);
  root.write("/etc/grub.d/50_hypervisor", "#!/bin/sh\necho entry\n", 0755);
  run_step(steps::grub_menu);
  REQUIRE(warnings().size() == 2);
  CHECK(warnings()[0].message.find("\"/etc/grub.d/40_custom\"") != std::string::npos);
  CHECK(warnings()[1].message.find("\"/etc/grub.d/50_hypervisor\"") != std::string::npos);
  CHECK(warnings()[1].code == "finalize.grub-menu-script");
}

TEST_CASE_METHOD(BootRoot, "module lists are made anew where there is a program for it") {
  root.write("/usr/sbin/depmod", "", 0755);
  run_step(steps::kernels);
  REQUIRE(programs.commands.size() == 2);
  CHECK(programs.commands[1].argv.at(0) == "depmod");
}
