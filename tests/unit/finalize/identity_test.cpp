// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "fake_root.hpp"

using namespace finalize_test;
namespace steps = finalize::steps;

TEST_CASE_METHOD(FakeRoot, "takes away what identifies a machine") {
  root.write("/etc/machine-id", "0123\n", 0644);
  root.make_symlink("/var/lib/dbus/machine-id", "/etc/machine-id");
  root.write("/var/lib/systemd/random-seed", "seed", 0600);
  root.write("/var/lib/systemd/credential.secret", "secret", 0600);
  SECTION("by default") {
    run_step(steps::machine_identity);
    CHECK(root.read("/etc/machine-id") == "");
    CHECK(root.find_status("/etc/machine-id")->permissions == 0444);
    CHECK_FALSE(root.find_link_target("/var/lib/dbus/machine-id"));
  }
  SECTION("but for an id that is to be kept") {
    plan.os.machine_id = {model::MachineIdMode::keep, at(3)};
    run_step(steps::machine_identity);
    CHECK(root.read("/etc/machine-id") == "0123\n");
  }
  CHECK_FALSE(root.exists("/var/lib/systemd/random-seed"));
  CHECK_FALSE(root.exists("/var/lib/systemd/credential.secret"));
}

TEST_CASE_METHOD(FakeRoot, "writes the host name, and one line of hosts for it") {
  plan.os.hostname = {"node1.example.org", at(3)};
  SECTION("into an empty root") {
    run_step(steps::hostname);
    CHECK(root.read("/etc/hosts") ==
          "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
          "127.0.1.1\tnode1.example.org node1\n");
  }
  SECTION("in place of the old name") {
    root.write("/etc/hosts", "127.0.0.1 localhost\n127.0.1.1 old\n10.0.0.1 other\n", 0644);
    run_step(steps::hostname);
    CHECK(root.read("/etc/hosts") ==
          "127.0.0.1 localhost\n127.0.1.1\tnode1.example.org node1\n10.0.0.1 other\n");
  }
  CHECK(root.read("/etc/hostname") == "node1.example.org\n");
}

TEST_CASE_METHOD(FakeRoot, "leaves the host name to the packages when the config has none") {
  run_step(steps::hostname);
  CHECK_FALSE(root.exists("/etc/hostname"));
  CHECK_FALSE(root.exists("/etc/hosts"));
}

TEST_CASE_METHOD(FakeRoot, "sets locale, keymap and time zone") {
  root.write("/usr/share/zoneinfo/Europe/Berlin", "TZif", 0644);
  root.write("/etc/locale.conf", "LC_TIME=C\nLANG=C\n", 0644);
  plan.os.locale = {"de_DE.UTF-8", at(3)};
  plan.os.keymap = {"de", at(4)};
  plan.os.timezone = {"Europe/Berlin", at(5)};
  run_step(steps::locale);
  CHECK(root.read("/etc/locale.conf") == "LC_TIME=C\nLANG=de_DE.UTF-8\n");
  CHECK(root.read("/etc/vconsole.conf") == "KEYMAP=de\n");
  CHECK(root.find_link_target("/etc/localtime") == "../usr/share/zoneinfo/Europe/Berlin");
  CHECK(root.exists("/etc/localtime"));
}

TEST_CASE_METHOD(FakeRoot, "refuses a time zone that the image has not") {
  plan.os.timezone = {"Mars/Olympus", at(5)};
  CHECK(code_of([&] { run_step(steps::locale); }) == "finalize.unknown-timezone");
}

TEST_CASE_METHOD(FakeRoot, "links resolv.conf to the resolver that is there") {
  SECTION("not without systemd-resolved") {
    run_step(steps::resolver);
    CHECK_FALSE(root.find_status("/etc/resolv.conf"));
  }
  SECTION("in place of an empty file") {
    root.write("/usr/lib/systemd/systemd-resolved", "", 0755);
    root.write("/etc/resolv.conf", "", 0644);
    run_step(steps::resolver);
    CHECK(root.find_link_target("/etc/resolv.conf") == "../run/systemd/resolve/stub-resolv.conf");
  }
  SECTION("not in place of name servers") {
    root.write("/usr/lib/systemd/systemd-resolved", "", 0755);
    root.write("/etc/resolv.conf", "nameserver 10.0.0.1\n", 0644);
    run_step(steps::resolver);
    CHECK(root.read("/etc/resolv.conf") == "nameserver 10.0.0.1\n");
  }
}

TEST_CASE_METHOD(FakeRoot, "says what the image is without a clock") {
  run_step(steps::release_file);
  CHECK(root.read("/etc/imagewright-release") ==
        "IMAGE_NAME=\"node\"\nARCHITECTURE=\"x86_64\"\nSOURCE_DATE_EPOCH=\"1700000000\"\n"
        "TOOL_VERSION=\"1.0\"\n");
}

TEST_CASE_METHOD(FakeRoot, "removes what the making of the image left") {
  root.write("/var/cache/ldconfig/aux-cache", "x", 0600);
  root.write("/tmp/deep/file", "x", 0600);
  root.write("/var/lib/rpm/rpmdb.sqlite", "x", 0644);
  root.write("/var/lib/rpm/rpmdb.sqlite-shm", "x", 0644);
  root.write("/var/lib/rpm/.rpm.lock", "", 0644);
  root.write("/var/log/keep.log", "x", 0644);
  SECTION("with an empty log of the database") {
    root.write("/var/lib/rpm/rpmdb.sqlite-wal", "", 0644);
    run_step(steps::tidy);
    CHECK(root.list("/var/lib/rpm") == std::vector<std::string>{"rpmdb.sqlite"});
  }
  SECTION("but no part of the database") {
    root.write("/var/lib/rpm/rpmdb.sqlite-wal", "pages", 0644);
    run_step(steps::tidy);
    CHECK(root.exists("/var/lib/rpm/rpmdb.sqlite-wal"));
    CHECK(root.exists("/var/lib/rpm/rpmdb.sqlite-shm"));
  }
  CHECK(root.exists("/tmp"));
  CHECK(root.list("/tmp").empty());
  CHECK_FALSE(root.exists("/var/cache/ldconfig/aux-cache"));
  CHECK(root.exists("/var/log/keep.log"));
}
