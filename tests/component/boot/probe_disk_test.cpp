// SPDX-License-Identifier: MIT
#include <imagewright_test/skip.hpp>

#include <imagewright/fs/file.hpp>

#include "boot/guest_script.hpp"
#include "boot/probe_disk.hpp"
#include "boot/qemu_arguments.hpp"
#include "small_disk.hpp"

using namespace imagewright;
using namespace std::string_literals;
using boot_test::Tools;

namespace {

constexpr const char* k_unit = "/etc/systemd/system/imagewright-probe.service";
constexpr const char* k_drop_in = "/etc/systemd/system/multi-user.target.d/imagewright-probe.conf";
constexpr const char* k_script = "/etc/systemd/system/imagewright-probe";

/// The overlay as a raw disk, and its root file system as a file.
struct Unpacked {
  std::string disk = "after.raw";
  std::string root = "after-root.raw";
};

Unpacked unpack(const imagewright_test::ScratchDirectory& scratch, Tools& tools,
                const std::filesystem::path& overlay) {
  Unpacked unpacked;
  tools.run({"qemu-img", "convert", "-O", "raw", overlay.string(), unpacked.disk});
  auto request = boot_test::small_request(scratch / unpacked.disk, model::ImageFormat::raw);
  tools.run(boot::extraction_arguments(request, scratch / unpacked.root));
  return unpacked;
}

std::string debugfs(Tools& tools, const std::string& command, const std::string& file) {
  return tools.run({"debugfs", "-R", command, file});
}

} // namespace

TEST_CASE("the questions are in the overlay, in every format, and nowhere else") {
  if (!boot_test::has_programs({"qemu-img", "debugfs", "mke2fs", "e2fsck"})) {
    IMAGEWRIGHT_SKIP("qemu-utils or e2fsprogs is missing");
  }
  const auto format = GENERATE(model::ImageFormat::raw, model::ImageFormat::qcow2,
                               model::ImageFormat::vhd, model::ImageFormat::vhdx);
  const imagewright_test::ScratchDirectory scratch;
  Tools tools(scratch.path());
  boot_test::make_small_disk(scratch, tools, "disk.raw");
  // Names that a careless command line would take apart.
  const std::string name = "an image, of ours" + std::string(model::extension_of(format));
  tools.run(
      {"qemu-img", "convert", "-f", "raw", "-O", boot::block_driver(format), "disk.raw", name});
  const base::Digest before = fs::digest_of_file(scratch / name);
  const auto work = scratch / "work, here";
  std::filesystem::create_directory(work);

  const auto overlay =
      boot::make_probe_disk(boot_test::small_request(scratch / name, format), work, tools.runner());

  CHECK(fs::digest_of_file(scratch / name) == before);
  const Unpacked after = unpack(scratch, tools, overlay);
  CHECK(debugfs(tools, "cat "s + k_unit, after.root) == boot::guest_unit());
  CHECK(debugfs(tools, "cat "s + k_script, after.root).rfind("#!/bin/sh\n", 0) == 0);
  CHECK(debugfs(tools, "stat "s + k_script, after.root).find("Mode:  0755") != std::string::npos);
  CHECK(debugfs(tools, "cat "s + k_drop_in, after.root) == boot::guest_drop_in());
  CHECK(debugfs(tools, "cat /etc/systemd/system/getty.target", after.root) == "[Unit]\n");
  tools.run({"e2fsck", "-fn", after.root});
  tools.run({"cmp", "-n", std::to_string(boot_test::k_root_start.bytes()), "disk.raw", after.disk});
  const std::string after_root =
      std::to_string((boot_test::k_root_start + boot_test::k_root_size).bytes());
  tools.run(
      {"cmp", "-n",
       std::to_string(
           (boot_test::k_disk_size - boot_test::k_root_start - boot_test::k_root_size).bytes()),
       "-i", after_root + ":" + after_root, "disk.raw", after.disk});
}

TEST_CASE("in a labelled image the probe is labelled") {
  if (!boot_test::has_programs({"qemu-img", "debugfs", "mke2fs"})) {
    IMAGEWRIGHT_SKIP("qemu-utils or e2fsprogs is missing");
  }
  const imagewright_test::ScratchDirectory scratch;
  Tools tools(scratch.path());
  boot_test::make_small_disk(scratch, tools, "disk.raw");
  scratch.write("label", "system_u:object_r:systemd_unit_t:s0\0"s);
  tools.run({"debugfs", "-w", "-R", "ea_set -f label /etc/systemd/system security.selinux",
             "disk.raw?offset=" + std::to_string(boot_test::k_root_start.bytes())});

  const auto overlay =
      boot::make_probe_disk(boot_test::small_request(scratch / "disk.raw", model::ImageFormat::raw),
                            scratch.path(), tools.runner());

  const Unpacked after = unpack(scratch, tools, overlay);
  const auto label_of = [&](const std::string& path) {
    debugfs(tools, "ea_get -f found " + path + " security.selinux", after.root);
    return fs::read_file(scratch / "found");
  };
  for (const char* path : {k_unit, k_drop_in, "/etc/systemd/system/multi-user.target.d"}) {
    CHECK(label_of(path) == "system_u:object_r:systemd_unit_t:s0\0"s);
  }
  CHECK(label_of(k_script) == "system_u:object_r:initrc_exec_t:s0\0"s);
}
