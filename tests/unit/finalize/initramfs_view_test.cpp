// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "boot_root.hpp"
#include "finalize/initramfs_view.hpp"

using namespace finalize_test;

namespace {

using Names = std::vector<std::string>;

class DracutRoot : public BootRoot {
public:
  DracutRoot() {
    root.write("/usr/bin/dracut", "#!/bin/bash\n. $x/etc/spoken-of\n", 0755);
    root.write("/usr/lib/dracut/modules.d/99base/module-setup.sh",
               "inst_multiple /etc/modprobe.d/*.conf\n"
               "mkdir \"$initdir\"/etc/systemd/system/initrd.target.wants\n",
               0755);
    root.write("/etc/dracut.conf", "", 0644);
    root.write("/etc/packaged", "", 0644);
    root.make_directories("/opt/packaged");
    installed.packaged = finalize::packaged_places(root);
  }

  Names hidden() const { return finalize::names_without_say(root, installed.packaged); }
};

} // namespace

TEST_CASE_METHOD(DracutRoot, "hides what has no say in an initramfs for every host") {
  CHECK(hidden().empty());
  root.write("/etc/hostname", "node\n", 0644);
  root.write("/etc/motd", "hello\n", 0644);
  root.write("/etc/systemd/system/multi-user.target.wants/a.service", "", 0644);
  root.write("/opt/agent/program", "", 0755);
  root.write("/home/somebody/.profile", "", 0644);
  CHECK(hidden() == Names{"/etc/hostname", "/etc/motd",
                          "/etc/systemd/system/multi-user.target.wants", "/home/somebody",
                          "/opt/agent"});
}

TEST_CASE_METHOD(DracutRoot, "shows what packages left and what dracut speaks of") {
  root.write("/etc/packaged", "changed", 0644);
  root.write("/etc/modprobe.d/new.conf", "", 0644);
  root.write("/etc/spoken-of", "", 0644);
  root.write("/opt/packaged/more", "", 0644);
  CHECK(hidden().empty());
  root.write("/etc/spoken", "", 0644);
  root.write("/etc/spoken-of-not", "", 0644);
  CHECK(hidden() == Names{"/etc/spoken", "/etc/spoken-of-not"});
}

TEST_CASE_METHOD(DracutRoot, "hides nothing when anybody but packages tells dracut what to do") {
  root.write("/etc/hostname", "node\n", 0644);
  REQUIRE_FALSE(hidden().empty());
  SECTION("settings") {
    root.write("/etc/dracut.conf.d/own.conf", "install_items+=\" /etc/x \"", 0644);
  }
  SECTION("changed settings") {
    root.write("/etc/dracut.conf", "hostonly=yes", 0644);
  }
  SECTION("modules") {
    root.write("/usr/lib/dracut/modules.d/50own/module-setup.sh", "", 0755);
  }
  SECTION("nobody knows what packages left") {
    installed.packaged.reset();
  }
  CHECK(hidden().empty());
}

TEST_CASE_METHOD(DracutRoot, "shows all units when a module of a package takes one by its name") {
  root.write("/usr/lib/dracut/modules.d/98agent/module-setup.sh",
             "inst_simple /etc/systemd/system/agent.service\n", 0755);
  installed.packaged = finalize::packaged_places(root);
  root.write("/etc/systemd/system/agent.service", "", 0644);
  CHECK(hidden().empty());
}

TEST_CASE_METHOD(DracutRoot, "dracut does not see hidden names, and the image has them") {
  root.write("/etc/hostname", "node\n", 0644);
  root.write("/opt/agent/program", "x", 0755);
  bool has_run = false;
  const auto make = programs.effect;
  programs.effect = [&](const process::Command& command, process::CommandResult& result) {
    if (command.argv.front() == "dracut") {
      has_run = true;
      CHECK_FALSE(root.exists("/etc/hostname"));
      CHECK_FALSE(root.exists("/opt/agent"));
      CHECK(root.exists("/opt/packaged"));
    }
    make(command, result);
  };
  run();
  CHECK(has_run);
  CHECK(root.read("/etc/hostname") == "node\n");
  CHECK(root.read("/opt/agent/program") == "x");
}
