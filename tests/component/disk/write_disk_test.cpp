// SPDX-License-Identifier: MIT
#include <imagewright_test/skip.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/disk/write_disk.hpp>
#include <imagewright/fs/file.hpp>

#include "disk_fixture.hpp"

namespace base = imagewright::base;
namespace fs = imagewright::fs;
namespace tree = imagewright::tree;
using imagewright_test::DiskFixture;
using imagewright_test::has_program;
using imagewright_test::run_tool;

namespace {

/// A tree with one of everything.
void populate(DiskFixture& fixture) {
  fixture.file("/etc/hostname", "node\n");
  fixture.file("/usr/bin/tool", std::string(10'000, 'x'));
  fixture.file("/usr/bin/empty", "");
  fixture.file("/usr/lib/large", std::string(5'000'000, 'y'));
  fixture.file("/boot/vmlinuz", "kernel" + std::string(1U << 20U, '\0') + "end");
  fixture.file("/boot/efi/EFI/BOOT/BOOTX64.EFI", std::string(100'000, 'e'));
  fixture.file("/boot/efi/EFI/azurelinux/grub.cfg", "set timeout=0\n");
  fixture.file("/boot/efi/loader/a name that is long and has blanks.conf", "title x\n");
  std::filesystem::create_hard_link(fixture.root() / "usr/bin/tool",
                                    fixture.root() / "usr/bin/other-name");
  std::filesystem::create_symlink("tool", fixture.root() / "usr/bin/short-link");
  std::filesystem::create_symlink(std::string(100, 'z'), fixture.root() / "usr/bin/long-link");
  mkfifo((fixture.root() / "var-fifo").c_str(), 0600);
  for (int index = 0; index < 900; ++index) {
    fixture.file("/srv/many/a-name-of-some-length-" + std::to_string(index), "n");
  }
  fixture.file("/dev-node", "");
  fixture.file("/var/sparse", "start");
  std::filesystem::resize_file(fixture.root() / "var/sparse", 20U << 20U);
  chmod((fixture.root() / "usr/bin/tool").c_str(), 04755);
  fixture.options.overrides["/dev-node"] = {
      .device = tree::DeviceNode{fs::FileType::character_device, {1, 3}}};
  fixture.options.overrides["/etc/hostname"] = {.owner = 70'000, .group = 42, .permissions = 0640};
}

bool lacks(const std::string& program) {
  if (has_program(program)) return false;
  imagewright_test::note_skipped(program + " is not installed");
  return true;
}

} // namespace

TEST_CASE("e2fsck has nothing to say about the root filesystem") {
  if (lacks("e2fsck")) return;
  DiskFixture fixture;
  populate(fixture);
  fixture.write(fixture.path("raw"));
  const auto run = run_tool({"e2fsck", "-fn", fixture.extract(fixture.path("raw"), "root")});
  INFO(run.output);
  CHECK(run.exit_code == 0);
  CHECK(run.output.find("Pass 5") != std::string::npos);
  CHECK(run.output.find("Fix") == std::string::npos);
  CHECK(run.output.find("optimize") == std::string::npos);
}

TEST_CASE("fsck.vfat has nothing to say about the ESP") {
  if (lacks("fsck.vfat")) return;
  DiskFixture fixture;
  populate(fixture);
  fixture.write(fixture.path("raw"));
  const auto run = run_tool({"fsck.vfat", "-nv", fixture.extract(fixture.path("raw"), "esp")});
  INFO(run.output);
  CHECK(run.exit_code == 0);
  CHECK(run.output.find("32 bit entries") != std::string::npos);
}

TEST_CASE("an ESP of any size is FAT, of the kind that its clusters make it") {
  if (lacks("fsck.vfat") || lacks("mtype")) return;
  struct Size {
    std::uint64_t mib;
    std::string kind;
  };
  for (const Size& size : {Size{1, "FAT12"}, Size{2, "FAT12"}, Size{3, "FAT16"}, Size{16, "FAT16"},
                           Size{32, "FAT16"}, Size{33, "FAT32"}, Size{64, "FAT32"}}) {
    DiskFixture fixture;
    // An odd and an even number of clusters, and a chain over both halves of shared bytes.
    fixture.file("/boot/efi/EFI/BOOT/BOOTX64.EFI", std::string(100'001, 'e'));
    fixture.file("/boot/efi/loader/a name that is long and has blanks.conf", "title x\n");
    for (int index = 0; index < 40; ++index)
      fixture.file("/boot/efi/f/" + std::to_string(index), std::string(700, 'f'));
    fixture.layout.partitions[0].size = base::ByteSize::mib(size.mib);
    fixture.write(fixture.path("raw"));
    const auto esp = fixture.extract(fixture.path("raw"), "esp");
    const auto run = run_tool({"fsck.vfat", "-nv", esp});
    INFO(size.mib << " MiB\n" << run.output);
    CHECK(run.exit_code == 0);
    const std::string bits = size.kind.substr(3);
    CHECK(run.output.find(bits + " bit entries") != std::string::npos);
    const auto read = run_tool({"mtype", "-i", esp, "::/EFI/BOOT/BOOTX64.EFI"});
    CHECK(read.output == std::string(100'001, 'e'));
  }
}

TEST_CASE("a small ext4 has no journal, and e2fsck finds nothing") {
  if (lacks("e2fsck") || lacks("dumpe2fs")) return;
  for (const std::uint64_t mib : {1U, 2U, 3U, 7U, 8U, 9U}) {
    DiskFixture fixture;
    fixture.file("/etc/hostname", "node\n");
    fixture.file("/srv/file", "content\n");
    auto& small = fixture.layout.partitions[2];
    small.id = "srv";
    small.size = base::ByteSize::mib(mib);
    small.filesystem->type = imagewright::model::FilesystemType::ext4;
    small.filesystem->features = fixture.layout.partitions[1].filesystem->features;
    small.filesystem->mount_point = "/srv";
    fixture.layout.size = base::ByteSize::mib(258 + mib);
    fixture.write(fixture.path("raw"));
    const auto srv = fixture.extract(fixture.path("raw"), "srv");
    const auto run = run_tool({"e2fsck", "-fn", srv});
    INFO(mib << " MiB\n" << run.output);
    CHECK(run.exit_code == 0);
    const std::string features = run_tool({"dumpe2fs", "-h", srv}).output;
    CHECK((features.find("has_journal") != std::string::npos) == (mib >= 8));
    CHECK(DiskFixture::debugfs(srv, "cat /file").find("content") != std::string::npos);
  }
}

TEST_CASE("sgdisk and sfdisk accept the partition table") {
  if (lacks("sgdisk") || lacks("sfdisk")) return;
  DiskFixture fixture;
  populate(fixture);
  fixture.write(fixture.path("raw"));
  const auto verified = run_tool({"sgdisk", "-v", fixture.path("raw").string()});
  INFO(verified.output);
  CHECK(verified.exit_code == 0);
  CHECK(verified.output.find("No problems found") != std::string::npos);
  const auto second = run_tool({"sfdisk", "--verify", fixture.path("raw").string()});
  INFO(second.output);
  CHECK(second.exit_code == 0);
  const std::string dump = run_tool({"sfdisk", "--dump", fixture.path("raw").string()}).output;
  INFO(dump);
  for (const auto& partition : fixture.layout.partitions) {
    std::string uuid = partition.uuid.to_string();
    for (char& letter : uuid)
      letter = static_cast<char>(std::toupper(letter));
    CHECK(dump.find("uuid=" + uuid) != std::string::npos);
    CHECK(dump.find("name=\"" + partition.label + "\"") != std::string::npos);
  }
}

TEST_CASE("two writes of the same tree are the same bytes") {
  DiskFixture fixture;
  populate(fixture);
  fixture.write(fixture.path("first"));
  fixture.write(fixture.path("second"));
  CHECK(fs::digest_of_file(fixture.path("first")) == fs::digest_of_file(fixture.path("second")));
}

TEST_CASE("the raw file has the size of the disk and stores little more than the content") {
  DiskFixture fixture;
  populate(fixture);
  fixture.write(fixture.path("raw"));
  struct stat status {};
  REQUIRE(stat(fixture.path("raw").c_str(), &status) == 0);
  CHECK(static_cast<std::uint64_t>(status.st_size) == fixture.layout.size.bytes());
  CHECK(status.st_blocks * 512 < 16 << 20);
}

TEST_CASE("ext4 keeps owners, modes, links, devices and times") {
  if (lacks("debugfs")) return;
  DiskFixture fixture;
  populate(fixture);
  fixture.write(fixture.path("raw"));
  const auto root = fixture.extract(fixture.path("raw"), "root");
  const auto stat_of = [&](const std::string& path) {
    return DiskFixture::debugfs(root, "stat " + path);
  };
  const std::string hostname = stat_of("/etc/hostname");
  INFO(hostname);
  CHECK(hostname.find("Mode:  0640") != std::string::npos);
  CHECK(hostname.find("User: 70000   Group:    42") != std::string::npos);
  CHECK(hostname.find("mtime: 0x6553f100:00000000") != std::string::npos);
  CHECK(hostname.find("crtime: 0x6553f100:00000000") != std::string::npos);
  const std::string tool = stat_of("/usr/bin/tool");
  INFO(tool);
  CHECK(tool.find("Mode:  04755") != std::string::npos);
  CHECK(tool.find("Links: 2") != std::string::npos);
  CHECK(stat_of("/usr/bin/other-name").substr(0, 12) == tool.substr(0, 12));
  CHECK(stat_of("/usr/bin/short-link").find("Fast link dest: \"tool\"") != std::string::npos);
  CHECK(DiskFixture::debugfs(root, "cat /usr/bin/long-link").find(std::string(100, 'z')) !=
        std::string::npos);
  CHECK(stat_of("/dev-node").find("Device major/minor number: 01:03") != std::string::npos);
  CHECK(stat_of("/var-fifo").find("Type: FIFO") != std::string::npos);
  CHECK(stat_of("/lost+found").find("Inode: 11") != std::string::npos);
  CHECK(DiskFixture::debugfs(root, "cat /usr/bin/tool").find(std::string(10'000, 'x')) !=
        std::string::npos);
}

TEST_CASE("a large directory has a hashed index that leads to every name") {
  if (lacks("debugfs")) return;
  DiskFixture fixture;
  populate(fixture);
  fixture.write(fixture.path("raw"));
  const auto root = fixture.extract(fixture.path("raw"), "root");
  const std::string index = DiskFixture::debugfs(root, "htree_dump /srv/many");
  CHECK(index.find("Hash Version: 1") != std::string::npos);
  CHECK(index.find("a-name-of-some-length-899") != std::string::npos);
  CHECK(index.find("Indirect levels: 0") != std::string::npos);
}

TEST_CASE("sparse files keep their holes, the kernel has none") {
  if (lacks("debugfs")) return;
  DiskFixture fixture;
  populate(fixture);
  fixture.write(fixture.path("raw"));
  const auto root = fixture.extract(fixture.path("raw"), "root");
  CHECK(DiskFixture::debugfs(root, "stat /var/sparse").find("Blockcount: 8\n") !=
        std::string::npos);
  // 1 MiB and a little more, in whole blocks of 4 KiB
  CHECK(DiskFixture::debugfs(root, "stat /boot/vmlinuz").find("Blockcount: 2056\n") !=
        std::string::npos);
}

TEST_CASE("attributes are stored in the inode and, when there are many, in a block") {
  if (lacks("debugfs") || lacks("e2fsck")) return;
  DiskFixture fixture;
  fixture.file("/bin/ping", "x");
  fixture.file("/big", "x");
  // struct vfs_cap_data, revision 2, cap_net_raw permitted and effective
  const std::string capability("\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
                               "\x00\x00\x00\x00",
                               20);
  fixture.options.overrides["/bin/ping"] = {.capability = capability};
  base::Cancellation never;
  auto table = tree::scan({.path = fixture.root()}, fixture.options, never);
  for (auto& inode : table.inodes) {
    inode.attributes.push_back(
        {"security.selinux", std::string("system_u:object_r:default_t:s0\0", 31)});
    if (inode.content == "/big") inode.attributes.push_back({"user.big", std::string(2000, 'b')});
  }
  imagewright::report::NullReporter reporter;
  imagewright::disk::write_disk(
      {.layout = fixture.layout, .tree = table, .epoch = fixture.options.epoch},
      fixture.path("raw"), reporter, never);
  const auto root = fixture.extract(fixture.path("raw"), "root");
  const auto checked = run_tool({"e2fsck", "-fn", root});
  INFO(checked.output);
  CHECK(checked.exit_code == 0);
  const std::string ping = DiskFixture::debugfs(root, "ea_list /bin/ping");
  INFO(ping);
  CHECK(ping.find("security.capability (20) = 01 00 00 02 00 20") != std::string::npos);
  CHECK(ping.find("security.selinux (31) = \"system_u:object_r:default_t:s0\\000\"") !=
        std::string::npos);
  CHECK(DiskFixture::debugfs(root, "ea_list /big").find("user.big (2000)") != std::string::npos);
  CHECK(DiskFixture::debugfs(root, "ea_list /lost+found").find("security.selinux") !=
        std::string::npos);
}

TEST_CASE("mtools reads the ESP's files under their long names") {
  if (lacks("mtype") || lacks("mdir")) return;
  DiskFixture fixture;
  populate(fixture);
  fixture.write(fixture.path("raw"));
  const std::string esp = fixture.extract(fixture.path("raw"), "esp").string();
  CHECK(run_tool({"mtype", "-i", esp, "::/EFI/azurelinux/grub.cfg"}).output == "set timeout=0\n");
  CHECK(
      run_tool({"mtype", "-i", esp, "::/loader/a name that is long and has blanks.conf"}).output ==
      "title x\n");
  CHECK(run_tool({"mtype", "-i", esp, "::/EFI/BOOT/BOOTX64.EFI"}).output ==
        std::string(100'000, 'e'));
  const std::string listing = run_tool({"mdir", "-i", esp, "::/EFI"}).output;
  INFO(listing);
  CHECK(listing.find("Volume in drive : is ESP") != std::string::npos);
  CHECK(listing.find("2023-11-14") != std::string::npos);
}

TEST_CASE("content that does not fit is refused before a file appears") {
  DiskFixture fixture;
  fixture.file("/large", std::string(190U << 20U, 'x'));
  try {
    fixture.write(fixture.path("raw"));
    FAIL("it was written");
  } catch (const base::Error& error) {
    CHECK(error.diagnostic().code == "disk.content-too-large");
    CHECK(error.diagnostic().message.find("\"root\"") != std::string::npos);
  }
  CHECK_FALSE(std::filesystem::exists(fixture.path("raw")));
}

TEST_CASE("an ESP that is too small for FAT32 becomes FAT16") {
  if (lacks("fsck.vfat") || lacks("mtype")) return;
  DiskFixture fixture;
  populate(fixture);
  fixture.layout.partitions[0].size = base::ByteSize::mib(8);
  fixture.write(fixture.path("raw"));
  const auto esp = fixture.extract(fixture.path("raw"), "esp").string();
  const auto run = run_tool({"fsck.vfat", "-nv", esp});
  INFO(run.output);
  CHECK(run.exit_code == 0);
  CHECK(run.output.find("16 bit entries") != std::string::npos);
  CHECK(run_tool({"mtype", "-i", esp, "::/EFI/azurelinux/grub.cfg"}).output == "set timeout=0\n");
}

TEST_CASE("blkid knows every filesystem by the UUID that fstab names") {
  if (lacks("blkid")) return;
  DiskFixture fixture;
  fixture.write(fixture.path("raw"));
  const auto probe = [&](const std::string& id) {
    return run_tool({"blkid", "-p", fixture.extract(fixture.path("raw"), id).string()}).output;
  };
  const auto& partitions = fixture.layout.partitions;
  CHECK(probe("esp").find(" UUID=\"" +
                          imagewright::model::fat_serial(partitions[0].filesystem->uuid) + "\"") !=
        std::string::npos);
  CHECK(probe("root").find(" UUID=\"" + partitions[1].filesystem->uuid.to_string() + "\"") !=
        std::string::npos);
  CHECK(probe("swap").find(" UUID=\"" + partitions[2].filesystem->uuid.to_string() + "\"") !=
        std::string::npos);
}

TEST_CASE("a filesystem that cannot be written is named") {
  DiskFixture fixture;
  fixture.layout.partitions[1].filesystem->type = imagewright::model::FilesystemType::xfs;
  try {
    fixture.write(fixture.path("raw"));
    FAIL("it was written");
  } catch (const base::Error& error) {
    CHECK(error.diagnostic().code == "disk.filesystem-unsupported");
    CHECK(error.diagnostic().message.find("xfs") != std::string::npos);
  }
}
