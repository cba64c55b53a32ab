// SPDX-License-Identifier: MIT
#include <filesystem>
#include <functional>
#include <string>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/temporary_directory.hpp>
#include <imagewright/machine/guest_kernel.hpp>

using namespace imagewright;

namespace {

struct Host {
  fs::TemporaryDirectory directory{std::filesystem::temp_directory_path(), "imagewright-test-"};

  void put(const std::string& name, const std::string& content) const {
    const auto path = directory.path() / name;
    std::filesystem::create_directories(path.parent_path());
    fs::write_file_atomically(path, content);
  }
  machine::GuestKernel find(const std::string& wanted = {}) const {
    const base::Cancellation never;
    return machine::find_guest_kernel({.wanted = wanted.empty() ? "" : directory.path() / wanted,
                                       .packages = {},
                                       .host_root = directory.path()},
                                      never);
  }
};

std::string code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const base::Error& error) {
    return error.diagnostic().code;
  }
  return "fine";
}

const std::string k_depends("\0depends=virtio\0", 16);

} // namespace

TEST_CASE("the newest kernel of this host with its modules is found") {
  const Host host;
  host.put("boot/vmlinuz-6.1.0", "old");
  host.put("boot/vmlinuz-6.6.1", "new");
  host.put("lib/modules/6.6.1/modules.builtin", "kernel/fs/ext4/ext4.ko\n");
  host.put("lib/modules/6.6.1/kernel/drivers/virtio/virtio_pci.ko", k_depends);
  host.put("lib/modules/6.6.1/kernel/drivers/virtio/virtio.ko", "virtio");
  host.put("lib/modules/6.6.1/kernel/drivers/block/virtio_blk.ko", "block");
  host.put("lib/modules/6.6.1/kernel/drivers/net/other.ko", "other");
  const machine::GuestKernel kernel = host.find();
  CHECK(kernel.image == "new");
  CHECK(kernel.modules == std::vector<std::string>{"virtio", k_depends, "block"});
}

TEST_CASE("a kernel without disks for a machine is refused with what it lacks") {
  const Host host;
  host.put("boot/vmlinuz-6.6.1", "new");
  host.put("lib/modules/6.6.1/modules.builtin", "kernel/fs/ext4/ext4.ko\n");
  CHECK(code_of([&] { host.find(); }) == "machine.kernel-unfit");
}

TEST_CASE("without a kernel there is no machine") {
  const Host host;
  CHECK(code_of([&] { host.find(); }) == "machine.no-kernel");
  CHECK(machine::find_host_kernel(host.directory.path()).empty());
}

TEST_CASE("a kernel that is named is taken, with the modules of its own release") {
  const Host host;
  std::string image(0x300, '\0');
  image.replace(0x202, 4, "HdrS");
  image[0x20e] = '\x40'; // the version stands at 0x240
  image.replace(0x240, 12, "6.9.9 (made)");
  host.put("mine", image);
  host.put("boot/vmlinuz-6.1.0", "old");
  host.put("lib/modules/6.9.9/kernel/drivers/block/virtio_blk.ko", "block");
  const machine::GuestKernel kernel = host.find("mine");
  CHECK(kernel.image == image);
  CHECK(kernel.modules == std::vector<std::string>{"block"});
}
