// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "fake_root.hpp"

using namespace finalize_test;

TEST_CASE_METHOD(FakeRoot,
                 "writes fstab in the order of mounting, whatever the order on the disk") {
  add_partition("/boot/efi", model::FilesystemType::fat32);
  add_partition("", model::FilesystemType::swap);
  add_partition("/var", model::FilesystemType::xfs);
  add_partition("/boot", model::FilesystemType::ext4);
  add_partition("/", model::FilesystemType::ext4);
  plan.layout.partitions[3].filesystem->mount_options = "noatime";
  plan.layout.partitions[4].filesystem->identifier = model::MountIdentifier::part_label;
  run_step(finalize::steps::mounts);
  CHECK(root.read("/etc/fstab") ==
        "PARTLABEL=p4\t/\text4\tdefaults\t0\t1\n"
        "UUID=" +
            uuid_of(3) + "\t/boot\text4\tnoatime\t0\t2\n" +
            model::mount_source(plan.layout.partitions[0]) +
            "\t/boot/efi\tvfat\tumask=0077,nofail,x-systemd.automount\t0\t0\n" +
            "UUID=" + uuid_of(2) + "\t/var\txfs\tdefaults\t0\t0\n" + "UUID=" + uuid_of(1) +
            "\tnone\tswap\tsw\t0\t0\n");
  CHECK(root.find_status("/boot/efi")->type == fs::FileType::directory);
  CHECK(root.exists("/var"));
  CHECK(root.find_status("/lost+found")->permissions == 0700);
  CHECK(root.exists("/boot/lost+found"));
  CHECK_FALSE(root.exists("/var/lost+found"));
}

TEST_CASE_METHOD(FakeRoot, "a root that cannot be written has what systemd mounts first") {
  root.make_directories("/run", 0700);
  run_step(finalize::steps::mounts);
  CHECK(root.find_status("/dev")->permissions == 0755);
  CHECK(root.find_status("/proc")->permissions == 0555);
  CHECK(root.find_status("/sys")->permissions == 0555);
  // A package's own stays as it is.
  CHECK(root.find_status("/run")->permissions == 0700);
}

TEST_CASE_METHOD(FakeRoot, "what is verified is mounted from its mapping and never repaired") {
  add_partition("/", model::FilesystemType::ext4);
  plan.layout.partitions[0].filesystem->verity_name = "root";
  plan.layout.partitions[0].filesystem->mount_options = "ro";
  run_step(finalize::steps::mounts);
  CHECK(root.read("/etc/fstab") == "/dev/mapper/root\t/\text4\tro\t0\t0\n");
}

TEST_CASE_METHOD(FakeRoot, "fields of fstab have their blanks and backslashes escaped") {
  add_partition("/", model::FilesystemType::ext4);
  add_partition("/srv/my data", model::FilesystemType::ext4);
  auto& partition = plan.layout.partitions[1];
  partition.label = "my \\ data";
  partition.filesystem->identifier = model::MountIdentifier::part_label;
  partition.filesystem->mount_options = "x-systemd.requires=/a b";
  run_step(finalize::steps::mounts);
  CHECK(root.read("/etc/fstab") == "UUID=" + uuid_of(0) + "\t/\text4\tdefaults\t0\t1\n" +
                                       R"(PARTLABEL=my\040\134\040data)" + "\t" +
                                       R"(/srv/my\040data)" + "\text4\t" +
                                       R"(x-systemd.requires=/a\040b)" + "\t0\t2\n");
  CHECK(root.exists("/srv/my data"));
}

TEST_CASE_METHOD(FakeRoot, "leaves out partitions that are not mounted") {
  plan.layout.partitions.emplace_back();
  add_partition("/", model::FilesystemType::ext4);
  add_partition("", model::FilesystemType::ext4);
  run_step(finalize::steps::mounts);
  CHECK(root.read("/etc/fstab") == "UUID=" + uuid_of(1) + "\t/\text4\tdefaults\t0\t1\n");
}

TEST_CASE_METHOD(FakeRoot, "mounts overlays at boot or in the initramfs") {
  plan.os.overlays = {{.lower_directories = {"/etc", "/usr/etc"},
                       .upper_directory = {"/var/upper", at(3)},
                       .work_directory = {"/var/work", at(4)},
                       .mount_point = {"/etc", at(5)},
                       .mount_dependencies = {"/var"},
                       .mount_options = "noatime"}};
  run_step(finalize::steps::mounts);
  CHECK(root.read("/etc/fstab") ==
        "overlay\t/etc\toverlay\tlowerdir=/etc:/usr/etc,upperdir=/var/upper,"
        "workdir=/var/work,x-systemd.requires=/var,noatime\t0\t0\n");
  CHECK(root.exists("/var/work"));
  plan.os.overlays[0].stage = model::OverlayStage::initrd;
  run_step(finalize::steps::mounts);
  CHECK(
      root.read("/etc/fstab") ==
      "overlay\t/etc\toverlay\tlowerdir=/sysroot/etc:/sysroot/usr/etc,upperdir=/sysroot/var/upper,"
      "workdir=/sysroot/var/work,x-systemd.requires=/var,x-initrd.mount,"
      "x-systemd.wanted-by=initrd-fs.target,noatime\t0\t0\n");
}

TEST_CASE_METHOD(FakeRoot, "lines of a package's fstab stay, but for mount points of the config") {
  root.write("/etc/fstab",
             "# by a package\ntmpfs /scratch tmpfs size=64M 0 0\n/dev/sda1 / ext4 defaults 0 1\n"
             "/dev/sdb1 /srv/my\\040data/ ext4 defaults 0 0\n\n/swapfile none swap sw 0 0",
             0644);
  add_partition("/", model::FilesystemType::ext4);
  add_partition("/srv/my data", model::FilesystemType::ext4);
  run_step(finalize::steps::mounts);
  CHECK(root.read("/etc/fstab") ==
        "# by a package\ntmpfs /scratch tmpfs size=64M 0 0\n/swapfile none swap sw 0 0\nUUID=" +
            uuid_of(0) + "\t/\text4\tdefaults\t0\t1\nUUID=" + uuid_of(1) +
            "\t/srv/my\\040data\text4\tdefaults\t0\t2\n");
  REQUIRE(warnings().size() == 2);
  CHECK(warnings()[0].code == "finalize.mount-replaced");
}
