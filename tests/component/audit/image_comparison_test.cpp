// SPDX-License-Identifier: MIT
#include <imagewright_test/golden.hpp>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include <imagewright/audit/comparison.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/inspect/description.hpp>

#include "../disk/disk_fixture.hpp"

using namespace imagewright;

namespace {

const base::Cancellation never;

void check_golden(const std::string& name, const std::string& actual) {
  imagewright_test::check_golden(imagewright_test::source_directory() / "tests/golden/audit" / name,
                                 actual);
}

/// A root that looks like a node's, with boot files on the EFI system partition.
class Node : public imagewright_test::DiskFixture {
public:
  Node() {
    ::umask(022);
    options.overrides["/etc/shadow"] = {.permissions = 0600};
    options.overrides["/usr/bin/ping"] = {.capability = std::string("\1\0\0\2", 4)};
    for (const char* directory : {"/boot", "/boot/efi", "/dev", "/proc", "/run", "/sys", "/tmp"})
      std::filesystem::create_directories(root().string() + directory);
    file("/etc/os-release", "NAME=Node\nPRETTY_NAME=\"Node 1\"\n");
    file("/etc/hostname", "node\n");
    file("/etc/shadow", "root:*:1::::::\n");
    file("/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=targeted\n");
    file("/usr/bin/ping", "ping");
    file("/usr/lib/modules/6.6.1/modules.dep", "");
    file("/etc/fstab", "# made with the image\nUUID=" +
                           layout.find_mount("/")->filesystem->uuid.to_string() + " / ext4\nUUID=" +
                           model::fat_serial(layout.find_mount("/boot/efi")->filesystem->uuid) +
                           " /boot/efi vfat umask=0077 0 2\n");
    file("/boot/efi/EFI/BOOT/BOOTX64.EFI", "MZ loader");
    link("/dev/null", "/etc/systemd/system/bad.service");
    link("/usr/lib/systemd/system/sshd.service",
         "/etc/systemd/system/multi-user.target.wants/sshd.service");
    entry("root=PARTUUID=1 ro");
  }

  void entry(const std::string& arguments) const {
    file("/boot/efi/loader/entries/node-6.6.1.conf",
         "title Node 1\noptions " + arguments + "\nlinux /node/linux\ninitrd /node/i\n");
  }

  void link(const std::string& target, const std::string& path) const {
    const std::string place = root().string() + path;
    std::filesystem::create_directories(std::filesystem::path(place).parent_path());
    std::filesystem::create_symlink(target, place);
  }
};

} // namespace

TEST_CASE("an image is described in the terms of its config", "[audit]") {
  const Node node;
  node.write(node.path("disk.raw"));
  const inspect::OpenedImage image(node.path("disk.raw"));
  const inspect::SystemFacts facts = inspect::read_system(image);
  CHECK(facts.selinux_mode == "enforcing");
  CHECK(facts.enabled_units == std::vector<std::string>{"sshd.service"});
  CHECK(facts.masked_units == std::vector<std::string>{"bad.service"});
  CHECK_FALSE(facts.packages);
  check_golden("inspect.txt", inspect::to_text(image, facts));
  check_golden("inspect.json", json::to_text(inspect::to_json(
                                   image, facts, inspect::FileListing::included, never)));
}

TEST_CASE("two images of one root are equal", "[audit]") {
  const Node node;
  node.write(node.path("one.raw"));
  node.write(node.path("two.raw"));
  CHECK(audit::compare_images(inspect::OpenedImage(node.path("one.raw")),
                              inspect::OpenedImage(node.path("two.raw")), never)
            .is_equal());
}

TEST_CASE("what differs between two images is told by partition, file and aspect", "[audit]") {
  Node node;
  node.write(node.path("one.raw"));
  node.file("/etc/hostname", "other\n");
  node.file("/etc/new\nname", "surprise");
  node.file("/etc/selinux/config", "SELINUX=permissive\nSELINUXTYPE=targeted\n");
  std::filesystem::remove(node.root() / "usr/lib/modules/6.6.1/modules.dep");
  std::filesystem::remove(node.root() / "etc/systemd/system/bad.service");
  node.entry("root=PARTUUID=1 ro fips=1 systemd.unified_cgroup_hierarchy=0");
  node.options.overrides["/etc/shadow"] = {.owner = 7, .permissions = 0640};
  node.options.overrides["/usr/bin/ping"] = {.capability = std::string("\1\0\0\3", 4)};
  node.write(node.path("two.raw"));
  const auto comparison = audit::compare_images(inspect::OpenedImage(node.path("one.raw")),
                                                inspect::OpenedImage(node.path("two.raw")), never);
  check_golden("images.txt", audit::to_text(comparison));
  check_golden("images.json", json::to_text(audit::to_json(comparison)));
}

TEST_CASE("who may come in is told of two images", "[audit]") {
  Node node;
  node.file("/etc/passwd", "root:x:0:0::/root:/bin/sh\ncore:x:1000:1000::/home/core:/bin/sh\n");
  node.file("/etc/shadow", "root:!:1::::::\ncore:!:1::::::\n");
  node.file("/etc/group", "root:x:0:\nwheel:x:10:\n");
  node.file("/usr/lib/systemd/system/ssh.socket",
            "[Unit]\nListenStream=1\n[Socket]\nListenStream = 22\nListenStream=/run/ssh\n");
  node.link("/usr/lib/systemd/system/ssh.socket",
            "/etc/systemd/system/sockets.target.wants/ssh.socket");
  node.write(node.path("one.raw"));
  node.file("/etc/passwd", "root:x:0:0::/root:/bin/sh\ncore:x:1000:1000::/home/core:/bin/sh\n"
                           "evil:x:0:0::/:/bin/sh\n");
  node.file("/etc/shadow", "root:!:1::::::\ncore::1::::::\nevil:$6$secret:1::::::\n");
  node.file("/etc/group", "root:x:0:\nwheel:x:10:core,nobody\n");
  node.file("/home/core/.ssh/authorized_keys", "# mine\nssh-ed25519 AAAA\n\n");
  node.file("/etc/systemd/system/ssh.socket.d/port.conf",
            "[Socket]\nListenStream=\nListenStream=0.0.0.0:2222\nListenDatagram=[::]:53\n");
  node.write(node.path("two.raw"));
  const auto comparison = audit::compare_images(inspect::OpenedImage(node.path("one.raw")),
                                                inspect::OpenedImage(node.path("two.raw")), never);
  const std::string text = audit::to_text(comparison);
  INFO(text);
  CHECK(text.find("users\n"
                  "  ~ core: groups nothing → wheel\n"
                  "  ~ core: keys 0 → 1\n"
                  "  ~ core: password locked → none\n"
                  "  + evil 0\n"
                  "listening sockets\n"
                  "  + ssh.socket datagram [::]:53\n"
                  "  + ssh.socket stream 0.0.0.0:2222\n"
                  "  - ssh.socket stream 22\n") != std::string::npos);
  CHECK(text.find("secret") == std::string::npos);
}

TEST_CASE("a byte outside every file and outside every partition is told as such", "[audit]") {
  const Node node;
  node.write(node.path("one.raw"));
  node.write(node.path("two.raw"));
  const auto end_of_root = node.layout.find_mount("/")->start + node.layout.find_mount("/")->size;
  for (const std::uint64_t place : {std::uint64_t{100}, end_of_root.bytes() - 1}) {
    const fs::UniqueFd fd = fs::open_for_writing(node.path("two.raw"));
    const std::byte byte{0x55};
    fs::write_exactly(fd.get(), std::span(&byte, 1), place, "two.raw");
  }
  const auto comparison = audit::compare_images(inspect::OpenedImage(node.path("one.raw")),
                                                inspect::OpenedImage(node.path("two.raw")), never);
  REQUIRE(comparison.sections.size() == 2);
  CHECK(comparison.sections[0].title == "disk");
  CHECK(comparison.sections[0].differences.at(0).before == "first at byte 100");
  CHECK(comparison.sections[1].title == "partition root filesystem (/)");
  CHECK(comparison.sections[1].differences.at(0).subject ==
        "filesystem, while every file is the same");
}

TEST_CASE("an image is not compared with a manifest", "[audit]") {
  const Node node;
  node.write(node.path("disk.raw"));
  node.file("/manifest.json", "{\"imagewrightManifest\": 1}");
  try {
    audit::compare_files(node.path("disk.raw"), node.root() / "manifest.json", never);
    FAIL("compared");
  } catch (const base::Error& error) {
    CHECK(error.diagnostic().code == "audit.kinds-differ");
  }
}
