// SPDX-License-Identifier: MIT
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <imagewright_test/scratch.hpp>
#include <imagewright_test/skip.hpp>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/finalize/finalize.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/root_dir.hpp>
#include <imagewright/process/command_runner.hpp>
#include <imagewright/report/reporter.hpp>
#include <imagewright/sandbox/sandbox.hpp>

// A real root, made from the workbench's packages, through every step.

using namespace imagewright;
namespace files = std::filesystem;

namespace {

files::path workbench() {
  return imagewright_test::source_directory() / "build/workbench/x86_64";
}

/// Unpacks all packages. Scriptlets are the business of the install module, and of its tests.
void unpack_workbench(const files::path& root) {
  base::Cancellation cancellation;
  process::HostCommandRunner runner(cancellation);
  process::Command command{.argv = {"rpm", "--root", root.string(), "-U", "--nodeps",
                                    "--nosignature", "--noscripts", "--notriggers"}};
  for (const auto& entry : files::directory_iterator(workbench())) {
    if (entry.path().extension() == ".rpm") command.argv.push_back(entry.path().string());
  }
  process::require_success(runner.run(command));
}

finalize::FinalizePlan plan_of_node() {
  finalize::FinalizePlan plan;
  plan.image_name = "node";
  plan.tool_version = "test";
  plan.architecture = model::architecture("x86_64");
  plan.epoch = base::Epoch(std::chrono::seconds(1700000000));
  model::Partition root;
  root.filesystem =
      model::Filesystem{.uuid = base::Uuid::from_name("test", "root"), .mount_point = "/"};
  plan.layout.partitions = {root};
  plan.policy.kernel_arguments = {{model::mount_source(root), "storage", std::nullopt}};
  plan.policy.units = {{.unit = "containerd.service", .origin = "the test"}};
  plan.initramfs = {.modules = {"base", "bash", "systemd", "systemd-initrd", "dracut-systemd",
                                "systemd-udevd", "udev-rules", "rootfs-block", "kernel-modules",
                                "fs-lib", "shutdown"},
                    .drivers = {"virtio_blk", "ext4", "vfat", "nls_ascii"},
                    .filesystems = {"ext4", "vfat"}};
  plan.boot_loader = {
      .kind = finalize::BootLoaderKind::systemd_boot,
      .facts = {.efi_program = {.text = "/usr/lib/systemd/boot/efi/systemd-boot@efi@.efi"}}};
  return plan;
}

files::path on_host(const fs::RootDir& root, const std::string& path) {
  return root.host_path().string() + path;
}

/// Digest of every regular file, by its path in the root.
std::map<std::string, std::string> digests_below(const fs::RootDir& root,
                                                 const std::vector<std::string>& directories) {
  std::map<std::string, std::string> digests;
  for (const auto& directory : directories) {
    for (const auto& entry : files::recursive_directory_iterator(on_host(root, directory))) {
      if (entry.is_symlink() || !entry.is_regular_file()) continue;
      digests[entry.path().lexically_relative(root.host_path()).string()] =
          fs::digest_of_file(entry.path()).hex;
    }
  }
  return digests;
}

model::SealedRoot finalized(const files::path& root, const finalize::FinalizePlan& plan) {
  base::Cancellation cancellation;
  report::NullReporter reporter;
  const imagewright_test::ScratchDirectory records;
  root::WorkRoot work({.directory = root, .run_record = records / "owners", .epoch = plan.epoch},
                      [&](const sandbox::SandboxOptions& options) {
                        return std::make_unique<sandbox::Sandbox>(options, cancellation);
                      });
  return finalize::finalize(work, {.path = root}, plan, {reporter, cancellation, {}});
}

} // namespace

TEST_CASE("makes a root bootable, and the same one on every run") {
  if (!files::exists(workbench())) IMAGEWRIGHT_SKIP("there is no workbench repository");
  if (!imagewright_test::has_program("rpm")) IMAGEWRIGHT_SKIP("rpm is not installed");
  if (::geteuid() != 0) IMAGEWRIGHT_SKIP("rpm --root needs to be root");
  const auto plan = plan_of_node();
  const imagewright_test::ScratchDirectory first;
  unpack_workbench(first.path());
  const auto sealed = finalized(first.path(), plan);
  const fs::RootDir root(first.path());
  REQUIRE(sealed.kernels.size() == 1);
  CHECK(files::file_size(on_host(root, sealed.kernels[0].initramfs)) > 4U * 1024U * 1024U);
  CHECK(root.exists("/boot/efi/EFI/BOOT/BOOTX64.EFI"));
  REQUIRE(root.list("/boot/efi/loader/entries").size() == 1);
  CHECK(root.find_link_target("/etc/systemd/system/multi-user.target.wants/containerd.service"));
  CHECK(root.list("/tmp").empty());

  const imagewright_test::ScratchDirectory second;
  unpack_workbench(second.path());
  CHECK(finalized(second.path(), plan).kernels == sealed.kernels);
  const fs::RootDir other(second.path());
  CHECK(fs::digest_of_file(on_host(root, sealed.kernels[0].initramfs)) ==
        fs::digest_of_file(on_host(other, sealed.kernels[0].initramfs)));
  CHECK(digests_below(root, {"/boot", "/etc"}) == digests_below(other, {"/boot", "/etc"}));
}
