// SPDX-License-Identifier: MIT
#include <algorithm>

#include <catch2/catch.hpp>

#include "boot/qemu_arguments.hpp"

using namespace imagewright;

namespace {

boot::BootRequest request() {
  boot::BootRequest request;
  request.image = "/images/a,b.vhd";
  request.format = model::ImageFormat::vhd;
  request.architecture = model::architecture("x86_64");
  request.root = {base::ByteSize::mib(101), base::ByteSize::gib(1), model::FilesystemType::ext4};
  return request;
}

bool has_pair(const std::vector<std::string>& arguments, const std::string& option,
              const std::string& value) {
  const std::vector<std::string> pair{option, value};
  return std::search(arguments.begin(), arguments.end(), pair.begin(), pair.end()) !=
         arguments.end();
}

boot::MachineFiles files() {
  return {.overlay = "/tmp/a,b/overlay.qcow2",
          .answers = "/tmp/answers",
          .firmware = model::QemuMachine::Firmware{"/fw/code.fd", "/tmp/variables.fd"}};
}

} // namespace

TEST_CASE("commas in file names are doubled") {
  CHECK(boot::option_value("a,b,,c") == "a,,b,,,,c");
}

TEST_CASE("the machine boots the overlay with UEFI and nothing else from the host") {
  const auto arguments = boot::machine_arguments(request(), files());
  CHECK(arguments.front() == "qemu-system-x86_64");
  CHECK(has_pair(arguments, "-machine", "q35"));
  CHECK(has_pair(arguments, "-accel", "tcg,thread=multi,tb-size=192"));
  CHECK(has_pair(arguments, "-cpu", "max,erms=off,fsrm=off,la57=off,svm=off"));
  CHECK(has_pair(arguments, "-m", "1024M"));
  CHECK(has_pair(arguments, "-drive", "if=pflash,unit=0,format=raw,readonly=on,file=/fw/code.fd"));
  CHECK(has_pair(arguments, "-drive", "if=pflash,unit=1,format=raw,file=/tmp/variables.fd"));
  CHECK(has_pair(arguments, "-netdev", "user,id=network,restrict=on"));
  CHECK(std::any_of(arguments.begin(), arguments.end(), [](const std::string& argument) {
    return argument.find("file.filename=/tmp/a,,b/overlay.qcow2") != std::string::npos;
  }));
  for (const char* flag : {"-nodefaults", "-no-reboot", "-no-user-config"}) {
    CHECK(std::count(arguments.begin(), arguments.end(), flag) == 1);
  }
  CHECK(std::count(arguments.begin(), arguments.end(), "kvm") == 0);
}

TEST_CASE("a seed is a second disk behind every other device") {
  CHECK(boot::seed_arguments(request()).empty());
  auto seeded = request();
  seeded.seed = "/tmp/a,b/seed.raw";
  const auto arguments = boot::machine_arguments(seeded, files());
  auto expected = boot::machine_arguments(request(), files());
  expected.insert(expected.end(), {"-blockdev",
                                   "driver=raw,node-name=seed,read-only=on,file.driver=file,"
                                   "file.filename=/tmp/a,,b/seed.raw",
                                   "-device", "virtio-blk-pci,drive=seed"});
  CHECK(arguments == expected);
}

TEST_CASE("KVM is used only on request") {
  auto with_kvm = request();
  with_kvm.accelerator = boot::Accelerator::kvm;
  const auto arguments = boot::machine_arguments(with_kvm, files());
  CHECK(has_pair(arguments, "-accel", "kvm"));
  CHECK(has_pair(arguments, "-cpu", "host"));
  CHECK(std::count(arguments.begin(), arguments.end(), "-accel") == 1);
  CHECK(std::count(arguments.begin(), arguments.end(), "-cpu") == 1);
}

TEST_CASE("legacy BIOS needs no firmware drives") {
  auto bios = files();
  bios.firmware.reset();
  const auto arguments = boot::machine_arguments(request(), bios);
  CHECK(std::count(arguments.begin(), arguments.end(), "-drive") == 0);
}

TEST_CASE("every architecture starts its own machine") {
  for (const auto& architecture : model::all_architectures()) {
    auto other = request();
    other.architecture = architecture;
    CHECK(boot::machine_arguments(other, files()).front() == architecture.qemu.program);
  }
}

TEST_CASE("the overlay names the format of the image below it") {
  CHECK(has_pair(boot::overlay_arguments(request(), "/tmp/o"), "-F", "vpc"));
  CHECK(has_pair(boot::overlay_arguments(request(), "/tmp/o"), "-b",
                 R"(json:{"driver":"vpc","force_size_calc":"current_size",)"
                 R"("file":{"driver":"file","filename":"/images/a,b.vhd"}})"));
  auto raw = request();
  raw.format = model::ImageFormat::raw;
  CHECK(has_pair(boot::overlay_arguments(raw, "/tmp/o"), "-b",
                 R"(json:{"driver":"raw","file":{"driver":"file","filename":"/images/a,b.vhd"}})"));
  CHECK(boot::block_driver(model::ImageFormat::raw) == "raw");
  CHECK(boot::block_driver(model::ImageFormat::qcow2) == "qcow2");
  CHECK(boot::block_driver(model::ImageFormat::vhd_fixed) == "vpc");
  CHECK(boot::block_driver(model::ImageFormat::vhdx) == "vhdx");
}

TEST_CASE("the root partition is read from and written to its place on the disk") {
  const auto out = boot::extraction_arguments(request(), "/tmp/root");
  CHECK(std::count(out.begin(), out.end(),
                   R"(json:{"driver":"raw","offset":105906176,"size":1073741824,)"
                   R"("file":{"driver":"vpc","force_size_calc":"current_size",)"
                   R"("file":{"driver":"file","filename":"/images/a,b.vhd"}}})") == 1);
  const auto in = boot::insertion_arguments(request(), "/tmp/root", "/tmp/o,o");
  CHECK(in.back() == "driver=raw,offset=105906176,size=1073741824,file.driver=qcow2,file.file."
                     "driver=file,file.file.filename=/tmp/o,,o");
  CHECK(std::count(in.begin(), in.end(), "-n") == 1);
}
