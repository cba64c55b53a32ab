// SPDX-License-Identifier: MIT
// What packages and scripts leave in the place of the files that steps read and write.

#include <filesystem>
#include <string>

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <catch2/catch.hpp>

#include "boot_root.hpp"

using namespace finalize_test;

namespace {

struct HostileRoot : BootRoot {
  void put_fifo(const std::string& path) const {
    const auto place = directory.path().string() + path;
    std::filesystem::create_directories(std::filesystem::path(place).parent_path());
    std::filesystem::remove(place);
    REQUIRE(::mkfifo(place.c_str(), 0666) == 0);
  }

  bool is_fifo(const std::string& path) const {
    return std::filesystem::is_fifo(directory.path().string() + path);
  }

  std::string code_of_run(const finalize::Step& step) {
    return code_of([&] { run_step(step); });
  }
};

} // namespace

TEST_CASE_METHOD(HostileRoot, "a FIFO in the place of a text file is an error, and nobody waits") {
  plan.os.hostname = {"node", at(3)};
  plan.os.locale = {"C.UTF-8", at(4)};
  plan.os.sysctl["a.b"] = {"1", at(5)};
  plan.os.additional_files = {{.destination = "/etc/wanted", .content = std::string("x")}};
  for (const auto& [path, step] :
       {std::pair<const char*, const finalize::Step&>{"/etc/hostname", steps::hostname},
        {"/etc/hosts", steps::hostname},
        {"/etc/locale.conf", steps::locale},
        {"/etc/machine-id", steps::machine_identity},
        {"/etc/fstab", steps::mounts},
        {"/etc/sysctl.d/95-image.conf", steps::sysctl},
        {"/etc/imagewright-release", steps::release_file},
        {"/etc/wanted", steps::added_files}}) {
    INFO(path);
    put_fifo(path);
    CHECK(code_of_run(step) == "fs.root-access");
    CHECK(is_fifo(path));
    std::filesystem::remove(directory.path().string() + path);
    CHECK(code_of_run(step) == "");
  }
}

TEST_CASE_METHOD(HostileRoot, "a FIFO in the boot chain is an error, and nobody waits") {
  SECTION("the boot loader's program") {
    run_step(steps::kernels);
    put_fifo("/usr/lib/boot/loaderx64.efi");
    CHECK(code_of_run(steps::boot_loader) == "fs.root-access");
  }
  SECTION("the stub of a unified kernel image") {
    plan.boot_loader.kernels = finalize::KernelForm::unified;
    plan.boot_loader.facts.stub = {.text = "/usr/lib/boot/stub.efi"};
    run_step(steps::kernels);
    run_step(steps::initramfs);
    put_fifo("/usr/lib/boot/stub.efi");
    CHECK(code_of_run(steps::boot_loader) == "fs.root-access");
  }
  SECTION("what dracut made") {
    programs.effect = [this](const process::Command& command, process::CommandResult&) {
      if (command.argv[0] == "dracut") put_fifo(command.argv.back());
    };
    run_step(steps::kernels);
    CHECK(code_of_run(steps::initramfs) == "fs.root-access");
  }
  SECTION("a kernel") {
    put_fifo("/boot/vmlinuz-6.6.9");
    put_fifo("/boot/vmlinuz-6.6.10");
    CHECK(code_of_run(steps::kernels) == "finalize.no-kernel");
  }
}

TEST_CASE_METHOD(HostileRoot, "a config's file takes its name, and changes nothing behind it") {
  root.write("/usr/share/zoneinfo/UTC", "UTC", 0644);
  root.make_symlink("/etc/localtime", "../usr/share/zoneinfo/UTC");
  root.write("/etc/one", "package's", 0644);
  std::filesystem::create_hard_link(directory.path() / "etc/one", directory.path() / "etc/two");
  plan.os.additional_files = {
      {.destination = "/etc/localtime", .content = std::string("mine")},
      {.destination = "/etc/one", .content = std::string("mine"), .permissions = 0600}};
  run_step(steps::added_files);
  CHECK(root.read("/usr/share/zoneinfo/UTC") == "UTC");
  CHECK(root.read("/etc/localtime") == "mine");
  CHECK(root.read("/etc/one") == "mine");
  CHECK(root.read("/etc/two") == "package's");
  CHECK(root.find_status("/etc/two")->permissions == 0644);
}

TEST_CASE_METHOD(HostileRoot, "a setting in a file with other names leaves those alone") {
  root.write("/etc/selinux/config", "SELINUX=enforcing\n", 0640);
  std::filesystem::create_hard_link(directory.path() / "etc/selinux/config",
                                    directory.path() / "etc/other");
  plan.policy.settings = {{.path = "/etc/selinux/config", .key = "SELINUX", .value = "permissive"}};
  run_step(steps::policy_files);
  CHECK(root.read("/etc/selinux/config") == "SELINUX=permissive\n");
  CHECK(root.find_status("/etc/selinux/config")->permissions == 0640);
  CHECK(root.read("/etc/other") == "SELINUX=enforcing\n");
}
