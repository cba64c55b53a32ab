// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "boot/serial_watch.hpp"

using namespace imagewright;
using boot::BootStop;

TEST_CASE("a hopeless boot is recognised from its console") {
  const auto [text, meaning] = GENERATE(table<std::string, BootStop>({
      {"[ 1.2] Kernel panic - not syncing: VFS: Unable to mount root fs\n", BootStop::kernel_panic},
      {"You are in emergency mode. After logging in\n", BootStop::emergency_mode},
      {"BdsDxe: No bootable option or device was found.\n", BootStop::not_bootable},
      {"UEFI \x1b[1mInteractive\x1b[0m Shell v2.2\n", BootStop::not_bootable},
  }));
  boot::SerialWatch watch;
  CHECK(watch.see(text) == meaning);
}

TEST_CASE("a sign is recognised however the console is cut into pieces") {
  boot::SerialWatch watch;
  for (const char byte : std::string("Kernel panic - not syncing: x")) {
    CHECK_FALSE(watch.see(std::string(1, byte)).has_value());
  }
  CHECK(watch.see("\n") == BootStop::kernel_panic);
}

TEST_CASE("an ordinary boot goes on") {
  boot::SerialWatch watch;
  CHECK_FALSE(watch.see("[  OK  ] Reached target multi-user.target\r\n\r\nlogin: ").has_value());
  CHECK(watch.last_line() == "[  OK  ] Reached target multi-user.target");
}

TEST_CASE("a console without line ends is cut") {
  boot::SerialWatch watch;
  watch.see(std::string(100000, 'x'));
  CHECK(watch.last_line().size() <= 4096);
  CHECK_FALSE(watch.last_line().empty());
}

TEST_CASE("escape sequences and control characters are removed") {
  CHECK(boot::without_escapes("\x1b[2J\x1b[01;01Hred\x1b[0m\r\a") == "red");
  CHECK(boot::without_escapes("end\x1b") == "end");
  CHECK(boot::without_escapes("end\x1b[12") == "end");
}
