// SPDX-License-Identifier: MIT
#include <array>

#include <catch2/catch.hpp>

#include <imagewright/base/suggest.hpp>

using namespace imagewright::base;

TEST_CASE("counts edits, a swap of neighbours as one") {
  CHECK(edit_distance("kernel", "kernel") == 0);
  CHECK(edit_distance("kernel", "kenrel") == 1);
  CHECK(edit_distance("", "abc") == 3);
}

TEST_CASE("offers near names, nearest first") {
  const std::array<std::string, 4> names{"systemd", "systemd-udev", "openssl", "openssh"};
  CHECK(did_you_mean("openss", names) == "did you mean \"openssh\" or \"openssl\"?");
  CHECK(did_you_mean("sytemd", names) == "did you mean \"systemd\"?");
  CHECK(did_you_mean("zzzzzz", names).empty());
  const std::array<std::string, 5> longer{"openssl", "openssh-server", "openssh-client", "opensshd",
                                          "gcc-12"};
  CHECK(did_you_mean("openssh", longer) ==
        "did you mean \"opensshd\", \"openssl\" or \"openssh-client\"?");
  CHECK(did_you_mean("gcc", longer).empty());
}
