// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "fake_root.hpp"

using namespace finalize_test;
namespace steps = finalize::steps;

namespace {

struct FileRoot : FakeRoot {
  void add(const std::string& destination, const model::FileContent& content,
           std::optional<mode_t> permissions) {
    plan.os.additional_files.push_back({destination, content, permissions, at(3)});
  }
};

} // namespace

TEST_CASE_METHOD(FakeRoot, "writes the policy's files and settings") {
  root.write("/etc/selinux/config", "# why\nSELINUX=permissive\nSELINUXTYPE=targeted\n", 0600);
  plan.policy.files = {
      {.path = "/etc/a/b.conf", .permissions = 0640, .content = "x\n", .origin = "test"}};
  plan.policy.settings = {{.path = "/etc/selinux/config",
                           .key = "SELINUX",
                           .value = "enforcing",
                           .origin = "os.selinux.mode"},
                          {.path = "/etc/none",
                           .key = "A",
                           .value = "b",
                           .absence = model::PolicySetting::Absence::ignored,
                           .origin = "test"}};
  run_step(steps::policy_files);
  CHECK(root.read("/etc/a/b.conf") == "x\n");
  CHECK(root.find_status("/etc/a/b.conf")->permissions == 0640);
  CHECK(root.read("/etc/selinux/config") == "# why\nSELINUX=enforcing\nSELINUXTYPE=targeted\n");
  CHECK(root.find_status("/etc/selinux/config")->permissions == 0600);
  CHECK_FALSE(root.exists("/etc/none"));
}

TEST_CASE_METHOD(FakeRoot, "refuses to set something in a file that the packages did not bring") {
  plan.policy.settings = {{.path = "/etc/none", .key = "A", .value = "b", .hint = "install it"}};
  CHECK(code_of([&] { run_step(steps::policy_files); }) == "finalize.missing-file");
}

TEST_CASE_METHOD(FileRoot, "adds files with their permissions") {
  const imagewright_test::ScratchDirectory host;
  const auto source = host.write("tool", "#!/bin/sh\n");
  std::filesystem::permissions(source, std::filesystem::perms(0750));
  add("/usr/local/bin/tool", source, std::nullopt);
  add("/usr/local/bin/other", source, 0700);
  add("/etc/motd", std::string("hello\n"), std::nullopt);
  run_step(steps::added_files);
  CHECK(root.read("/usr/local/bin/tool") == "#!/bin/sh\n");
  CHECK(root.find_status("/usr/local/bin/tool")->permissions == 0750);
  CHECK(root.find_status("/usr/local/bin/other")->permissions == 0700);
  CHECK(root.read("/etc/motd") == "hello\n");
  CHECK(root.find_status("/etc/motd")->permissions == 0644);
}

TEST_CASE_METHOD(FileRoot, "a link in the root does not lead out of it") {
  const imagewright_test::ScratchDirectory host;
  host.write("victim", "safe");
  root.make_symlink("/etc/motd", (host / "victim").string());
  root.make_directories(host.path().string());
  add("/etc/motd", std::string("changed"), std::nullopt);
  run_step(steps::added_files);
  CHECK(imagewright_test::read_text(host / "victim") == "safe");
  CHECK(root.read("/etc/motd") == "changed");
  CHECK_FALSE(root.find_link_target("/etc/motd"));
}

TEST_CASE_METHOD(FakeRoot, "merges directories with three kinds of permissions") {
  const imagewright_test::ScratchDirectory host;
  host.write("tree/old/file", "new\n");
  host.write("tree/new/deep/file", "x\n");
  std::filesystem::create_symlink("file", host / "tree/new/deep/link");
  root.make_directories("/opt/old", 0711);
  model::AdditionalDirectory wish{.source = host / "tree",
                                  .destination = "/opt",
                                  .new_directory_permissions = 0750,
                                  .child_file_permissions = 0640,
                                  .where = at(3)};
  SECTION("directories that are there keep theirs") {
    plan.os.additional_directories = {wish};
    run_step(steps::added_directories);
    CHECK(root.find_status("/opt/old")->permissions == 0711);
  }
  SECTION("or get what the config says") {
    wish.merged_directory_permissions = 0700;
    plan.os.additional_directories = {wish};
    run_step(steps::added_directories);
    CHECK(root.find_status("/opt/old")->permissions == 0700);
  }
  CHECK(root.read("/opt/old/file") == "new\n");
  CHECK(root.find_status("/opt/old/file")->permissions == 0640);
  CHECK(root.find_status("/opt/new/deep")->permissions == 0750);
  CHECK(root.find_link_target("/opt/new/deep/link") == "file");
}

TEST_CASE_METHOD(FakeRoot, "writes sysctl values sorted by name") {
  run_step(steps::sysctl);
  CHECK_FALSE(root.exists("/etc/sysctl.d"));
  plan.os.sysctl = {{"vm.swappiness", {"10", at(4)}}, {"net.ipv4.ip_forward", {"1", at(3)}}};
  run_step(steps::sysctl);
  CHECK(root.read("/etc/sysctl.d/95-image.conf") ==
        "net.ipv4.ip_forward = 1\nvm.swappiness = 10\n");
}

TEST_CASE_METHOD(FakeRoot, "keeps sysctl values of others, and names who has the last word") {
  root.write("/etc/sysctl.d/95-image.conf",
             "# note\nvm.swappiness = 10\nnet/ipv4/conf/e0.1/mtu = 1\nkernel.panic = 5\n", 0644);
  root.write("/usr/lib/sysctl.d/99-late.conf", "vm/swappiness=60\n;kernel.panic = 1\n", 0644);
  root.write("/usr/lib/sysctl.d/50-early.conf", "kernel.panic = 1\n", 0644);
  plan.os.sysctl = {{"vm.swappiness", {"20", at(3)}},
                    {"net.ipv4.conf.e0/1.mtu", {"2", at(4)}},
                    {"kernel.panic", {"5", at(5)}}};
  run_step(steps::sysctl);
  CHECK(root.read("/etc/sysctl.d/95-image.conf") ==
        "# note\nkernel.panic = 5\nnet.ipv4.conf.e0/1.mtu = 2\nvm.swappiness = 20\n");
  run_step(steps::references);
  REQUIRE(warnings().size() == 1);
  CHECK(warnings()[0].code == "finalize.other-sysctl-setting");
  CHECK(warnings()[0].message.find("vm.swappiness") != std::string::npos);
}

TEST_CASE_METHOD(FakeRoot, "loads, blocks and configures kernel modules") {
  root.write("/etc/modules-load.d/modules-load.conf", "# ours\nbr_netfilter\nvfio\n", 0644);
  root.write("/etc/modprobe.d/modules-disabled.conf", "blacklist overlay\nblacklist overlay2\n",
             0644);
  using Mode = model::ModuleLoadMode;
  plan.os.modules = {{.name = {"overlay", at(3)}, .load_mode = Mode::always},
                     {.name = {"vfio", at(4)}, .load_mode = Mode::disable},
                     {.name = {"br_netfilter", at(5)}, .load_mode = Mode::automatic},
                     {.name = {"kvm", at(6)}, .options = {{"nested", "1"}, {"ignore_msrs", "Y"}}}};
  for (int run = 0; run < 2; ++run) {
    run_step(steps::kernel_modules);
    CHECK(root.read("/etc/modules-load.d/modules-load.conf") == "# ours\noverlay\n");
    CHECK(root.read("/etc/modprobe.d/modules-disabled.conf") ==
          "blacklist overlay2\nblacklist vfio\n");
    CHECK(root.read("/etc/modprobe.d/module-options.conf") ==
          "options kvm ignore_msrs=Y nested=1\n");
  }
}

TEST_CASE_METHOD(FakeRoot, "refuses options of a module that is blocked") {
  plan.os.modules = {{.name = {"kvm", at(6)},
                      .load_mode = model::ModuleLoadMode::disable,
                      .options = {{"nested", "1"}}}};
  CHECK(code_of([&] { run_step(steps::kernel_modules); }) == "finalize.options-of-blocked-module");
}

TEST_CASE_METHOD(FileRoot, "a directory's file where nothing stays is refused") {
  const imagewright_test::ScratchDirectory host;
  const auto place = GENERATE(as<std::string>{}, "tmp/x", "var/tmp/a/b", "run/x", "var/run/x",
                              "dev/x", "proc/x", "sys/x");
  host.write(place, "x");
  plan.os.additional_directories.push_back(
      {.source = host.path(), .destination = "/", .where = at(4)});
  CHECK(code_of([&] { run_step(steps::added_directories); }) == "finalize.file-not-kept");
}

TEST_CASE_METHOD(FileRoot, "what says what the image is can be the config's") {
  add("/etc/imagewright-release", std::string("mine\n"), std::nullopt);
  run_step(steps::added_files);
  run_step(steps::release_file);
  CHECK(root.read("/etc/imagewright-release") == "mine\n");
}

TEST_CASE_METHOD(FileRoot, "what the config put among leftovers stays") {
  root.write("/var/cache/dnf/solv", "x", 0644);
  root.write("/var/cache/dnf/own/made", "x", 0644);
  root.write("/var/log/dracut.log", "x", 0644);
  add("/var/cache/dnf/own/file", std::string("mine\n"), std::nullopt);
  add("/var/log/dnf.log", std::string("mine\n"), std::nullopt);
  run_step(steps::added_files);
  run_step(steps::tidy);
  CHECK(root.read("/var/cache/dnf/own/file") == "mine\n");
  CHECK(root.read("/var/log/dnf.log") == "mine\n");
  CHECK_FALSE(root.exists("/var/cache/dnf/solv"));
  CHECK_FALSE(root.exists("/var/cache/dnf/own/made"));
  CHECK_FALSE(root.exists("/var/log/dracut.log"));
}

TEST_CASE_METHOD(FileRoot, "directories and links of packages stay where leftovers go") {
  root.make_directories("/var/cache/tdnf");
  root.write("/var/cache/tdnf/repodata/solv", "x", 0644);
  root.make_symlink("/var/log/dracut.log", "../opt/dracut.log");
  root.write("/var/opt/dracut.log", "x", 0644);
  root.make_symlink("/var/log/dnf.log", "/nowhere");
  run_step(steps::tidy);
  CHECK(root.exists("/var/cache/tdnf"));
  CHECK(root.list("/var/cache/tdnf").empty());
  CHECK(root.find_link_target("/var/log/dracut.log") == "../opt/dracut.log");
  CHECK_FALSE(root.exists("/var/opt/dracut.log"));
  CHECK(root.find_link_target("/var/log/dnf.log") == "/nowhere");
}

TEST_CASE_METHOD(FileRoot, "what stands in the way of a file is told at its place") {
  root.make_directories("/etc");
  root.write("/opt/file", "x", 0644);
  const auto destination =
      GENERATE(as<std::string>{}, "/etc", "/opt/file/below", "/etc/" + std::string(256, 'n'));
  add(destination, std::string("x"), std::nullopt);
  try {
    run_step(steps::added_files);
    FAIL("written");
  } catch (const base::Error& error) {
    CHECK(error.kind() == base::FailureKind::input);
    CHECK(error.diagnostic().where == at(3));
  }
}

TEST_CASE_METHOD(FileRoot, "two files of the config are not one on FAT") {
  add("/boot/efi/Name", std::string("x"), std::nullopt);
  add("/boot/efi/name", std::string("y"), std::nullopt);
  CHECK(code_of([&] { run_step(steps::added_files); }) == "finalize.file-overwritten");
}
