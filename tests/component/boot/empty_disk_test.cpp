// SPDX-License-Identifier: MIT
#include <imagewright_test/skip.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/boot/boot_image.hpp>
#include <imagewright/report/recording_reporter.hpp>

#include "boot/firmware.hpp"
#include "small_disk.hpp"

using namespace imagewright;
using boot_test::Tools;

TEST_CASE("a disk without a boot loader is refused by the firmware long before the timeout") {
  const std::string name = GENERATE("x86_64", "aarch64");
  const auto& architecture = model::architecture(name);
  if (!boot_test::has_programs({architecture.qemu.program, "qemu-img", "debugfs", "mke2fs"}) ||
      !boot::find_firmware(architecture)) {
    IMAGEWRIGHT_SKIP("QEMU for " + name + ", its UEFI firmware or e2fsprogs is missing");
  }
  const imagewright_test::ScratchDirectory scratch;
  Tools tools(scratch.path());
  boot_test::make_small_disk(scratch, tools, "disk.raw");
  auto request = boot_test::small_request(scratch / "disk.raw", model::ImageFormat::raw);
  request.architecture = architecture;
  request.work_directory = scratch.path();
  request.serial_log = scratch / "serial.log";
  request.memory = base::ByteSize::mib(256);
  request.timeout = std::chrono::seconds(240);
  report::RecordingReporter reporter;
  try {
    (void)boot::boot_image(request, tools.runner(), reporter);
    FAIL("nothing was thrown");
  } catch (const base::Error& error) {
    INFO(error.what());
    INFO(imagewright_test::read_text(request.serial_log));
    CHECK(error.diagnostic().code == "boot.not-bootable");
  }
}
