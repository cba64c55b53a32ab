// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "config/language/text_checks.hpp"
#include "config/values.hpp"

using namespace imagewright::config;
using imagewright::base::ByteSize;
using imagewright::base::to_iso8601;

TEST_CASE("sizes are decimal with a unit") {
  CHECK(parse_size("512M") == ByteSize::mib(512));
  CHECK(parse_size("0M") == ByteSize());
  CHECK(parse_size("1T") == ByteSize::gib(1024));
  for (const char* bad : {"", "M", "512", "010M", "5X", "-1M", "1.5G", "1 G",
                          "99999999999999999999G", "9999999999T", "1MM"}) {
    INFO(bad);
    CHECK_FALSE(parse_size(bad));
  }
  CHECK(check_disk_size("010M")->phrase == "has a leading zero");
  CHECK(check_disk_size("512")->phrase == "has no unit");
  CHECK(check_disk_size("512K")->phrase == "is not a multiple of 1 MiB");
  CHECK_FALSE(check_disk_size("2048K"));
}

TEST_CASE("permissions are octal and have no special bits") {
  CHECK(parse_permissions("644") == 0644);
  CHECK(parse_permissions("0755") == 0755);
  for (const char* bad : {"", "0o644", "888", "4755", "rw"})
    CHECK_FALSE(parse_permissions(bad));
}

TEST_CASE("times are days or RFC 3339") {
  CHECK(to_iso8601(*parse_time("2026-01-31")) == "2026-01-31T00:00:00Z");
  CHECK(to_iso8601(*parse_time("2026-01-31T12:30:00+02:00")) == "2026-01-31T10:30:00Z");
  CHECK(to_iso8601(*parse_time("2026-01-31T12:30:00.25Z")) == "2026-01-31T12:30:00Z");
  for (const char* bad : {"2026-02-30", "2026-1-31", "2026-01-31T12:30:00", "2026-01-31T24:00:00Z",
                          "2026-01-31Z", "", "2026-01-31T12:30:00.Z"}) {
    INFO(bad);
    CHECK_FALSE(parse_time(bad));
  }
}

TEST_CASE("booleans are the words of YAML 1.1") {
  CHECK(parse_boolean("yes") == true);
  CHECK(parse_boolean("off") == false);
  CHECK_FALSE(parse_boolean("1"));
}

TEST_CASE("integers have no leading zeros") {
  CHECK(parse_integer("-1") == -1);
  CHECK(parse_integer("0x10") == 16);
  CHECK_FALSE(parse_integer("010"));
  CHECK_FALSE(parse_integer("99999999999999999999"));
  CHECK(parse_integer("1e3") == 1000);
  CHECK(parse_integer("1_000") == 1000);
  CHECK(parse_integer("0b101") == 5);
  CHECK(parse_integer("0X1F") == 31);
  CHECK(parse_integer("1.0") == 1);
  CHECK_FALSE(parse_integer("1.5"));
  CHECK_FALSE(parse_integer("08"));
}

TEST_CASE("host names are DNS names and no addresses") {
  CHECK_FALSE(check_hostname("node-1.example"));
  for (const char* bad : {"a_b", "-a", "a-", "a..b", "10.0.0.1", "a b"}) {
    INFO(bad);
    CHECK(check_hostname(bad));
  }
}

TEST_CASE("scripts stay inside the directory of the config") {
  CHECK_FALSE(check_local_path("scripts/../run.sh"));
  CHECK(check_local_path("../run.sh"));
  CHECK(check_local_path("/run.sh"));
  CHECK(check_local_path("a/../../run.sh"));
}

TEST_CASE("image variants follow the rules of repository names") {
  for (const char* good : {"minimal-os", "a__b", "a---b", "a.b"})
    CHECK_FALSE(check_image_variant(good));
  for (const char* bad : {"", "A", "a..b", "a___b", "-a", "a-"})
    CHECK(check_image_variant(bad));
}
