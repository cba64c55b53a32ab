// SPDX-License-Identifier: MIT
#include <algorithm>

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
  SECTION("beside the other names of the machine") {
    root.write("/etc/hostname", "old.example\n", 0644);
    root.write("/etc/hosts", "127.0.1.1 old old.example db.local # x\n127.0.1.1 db2 db.local\n",
               0644);
    run_step(steps::hostname);
    CHECK(root.read("/etc/hosts") == "127.0.1.1\tnode1.example.org node1 db.local db2\n");
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

TEST_CASE_METHOD(FakeRoot, "takes away identity that scripts left, and names it") {
  const std::vector<std::string> made{"/etc/ssh/ssh_host_ed25519_key",
                                      "/etc/ssh/ssh_host_ed25519_key.pub",
                                      "/etc/ssh/ssh_host_rsa_key",
                                      "/etc/iscsi/initiatorname.iscsi",
                                      "/etc/nvme/hostid",
                                      "/etc/nvme/hostnqn",
                                      "/etc/hostid",
                                      "/var/lib/NetworkManager/secret_key",
                                      "/var/lib/NetworkManager/eth0.lease",
                                      "/var/lib/dhcp/dhclient.leases",
                                      "/var/lib/dhclient/dhclient.leases",
                                      "/var/lib/cloud/instances/i-1/id",
                                      "/var/lib/cloud/sem/once",
                                      "/var/lib/systemd/random-seed",
                                      "/var/lib/systemd/credential.secret",
                                      "/boot/efi/loader/random-seed"};
  for (const auto& path : made)
    root.write(path, "secret", 0600);
  root.make_symlink("/var/lib/cloud/instance", "instances/i-1");
  root.write("/etc/ssh/sshd_config", "", 0600);
  root.write("/etc/ssh/ssh_host_rsa_key_notes", "", 0600);
  // A package's own.
  root.write("/etc/ssh/ssh_host_ecdsa_key", "shared on purpose", 0600);
  root.make_directories("/var/lib/cloud/instances", 0755);
  installed.owned_identity_files = {"/etc/ssh/ssh_host_ecdsa_key", "/var/lib/cloud/instances"};
  run_step(steps::machine_identity);
  const auto warned = warnings();
  for (const auto& path : made) {
    CAPTURE(path);
    CHECK_FALSE(root.find_status(path));
    const auto names_it = [&](const base::Diagnostic& warning) {
      return warning.code == "finalize.identity-removed" &&
             warning.message.find('"' + path + '"') != std::string::npos;
    };
    CHECK(std::ranges::count_if(warned, names_it) == 1);
  }
  CHECK_FALSE(root.find_status("/var/lib/cloud/instance"));
  CHECK(root.list("/var/lib/cloud/instances").empty());
  CHECK(root.find_status("/var/lib/cloud/instances"));
  CHECK(root.read("/etc/ssh/ssh_host_ecdsa_key") == "shared on purpose");
  CHECK(root.exists("/etc/ssh/sshd_config"));
  CHECK(root.exists("/etc/ssh/ssh_host_rsa_key_notes"));
}

TEST_CASE_METHOD(FakeRoot, "identity behind links is found where it is") {
  root.write("/srv/keys/ssh_host_rsa_key", "elsewhere", 0600);
  root.write("/srv/keys/ssh_host_ecdsa_key", "a package's", 0600);
  root.write("/opt/nm/secret_key", "secret", 0600);
  root.make_symlink("/etc/ssh", "../srv/here");
  root.make_symlink("/srv/here", "keys");
  root.make_symlink("/var/lib/NetworkManager", "/../opt/nm");
  root.make_symlink("/etc/iscsi", "nowhere");
  root.make_symlink("/etc/nvme", "nvme");
  installed.owned_identity_files = {"/srv/keys/ssh_host_ecdsa_key"};
  run_step(steps::machine_identity);
  CHECK_FALSE(root.exists("/srv/keys/ssh_host_rsa_key"));
  CHECK_FALSE(root.exists("/opt/nm/secret_key"));
  CHECK(root.exists("/srv/keys/ssh_host_ecdsa_key"));
  CHECK(warnings().size() == 2);
}

TEST_CASE_METHOD(FakeRoot, "the list of identity is the release's") {
  plan.identity_files = {"/opt/agent/*/id"};
  root.write("/opt/agent/a/id", "1", 0600);
  root.write("/opt/agent/a/b/id", "1", 0600);
  root.write("/etc/hostid", "1", 0600);
  run_step(steps::machine_identity);
  CHECK_FALSE(root.exists("/opt/agent/a/id"));
  CHECK(root.exists("/opt/agent/a/b/id"));
  CHECK(root.exists("/etc/hostid"));
}

TEST_CASE_METHOD(FakeRoot, "a boot can be a first one for systemd") {
  plan.os.machine_id = {model::MachineIdMode::uninitialized, at(3)};
  run_step(steps::machine_identity);
  CHECK(root.read("/etc/machine-id") == "uninitialized\n");
  CHECK(root.find_status("/etc/machine-id")->permissions == 0444);
}

TEST_CASE_METHOD(FakeRoot, "a time zone is a file, not a directory of them") {
  root.write("/usr/share/zoneinfo/Europe/Berlin", "TZif", 0644);
  root.make_symlink("/usr/share/zoneinfo/Germany", "Europe/Berlin");
  plan.os.timezone = {"Europe", at(5)};
  CHECK(code_of([&] { run_step(steps::locale); }) == "finalize.unknown-timezone");
  plan.os.timezone = {"Germany", at(5)};
  run_step(steps::locale);
  CHECK(root.find_link_target("/etc/localtime") == "../usr/share/zoneinfo/Germany");
}
