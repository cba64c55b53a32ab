// SPDX-License-Identifier: MIT
#include <string>
#include <utility>

#include <catch2/catch.hpp>

#include <imagewright/base/package_version.hpp>

using namespace imagewright;

TEST_CASE("versions are ordered as RPM orders them") {
  // Older first; checked against `rpm --eval '%{lua: print(rpm.vercmp("…", "…"))}'`.
  const std::pair<const char*, const char*> pairs[] = {{"1.0", "1.1"},
                                                       {"1.9", "1.10"},
                                                       {"1.0", "1.0.1"},
                                                       {"1.0~rc1", "1.0"},
                                                       {"1.0", "1.0^git"},
                                                       {"1.0^git", "1.0.1"},
                                                       {"1.a", "1.1"},
                                                       {"1.0a", "1.0b"},
                                                       {"fc4", "fc5"},
                                                       {"2a", "2.0"},
                                                       {"1.0~~", "1.0~"},
                                                       {"1.0^", "1.0^a"},
                                                       {"1.0~rc1^git1", "1.0~rc1^git2"},
                                                       {"6.0", "6.0.rc1"},
                                                       {"1.0^20160101", "1.0.1^20160101"}};
  for (const auto& [older, newer] : pairs) {
    CAPTURE(older, newer);
    CHECK((base::compare_version_text(older, newer) < 0));
    CHECK((base::compare_version_text(newer, older) > 0));
  }
  for (const auto& [left, right] : {std::pair{"1.0", "1.0"},
                                    {"1.0", "1_0"},
                                    {"1.001", "1.1"},
                                    {"1.0", "1.0."},
                                    {"", ""},
                                    {"20240101", "20240101"}}) {
    CAPTURE(left, right);
    CHECK((base::compare_version_text(left, right) == 0));
  }
}

TEST_CASE("an epoch counts before a version, and a missing release matches every release") {
  const auto version = [](const char* text) { return *base::PackageVersion::parse(text); };
  CHECK((base::compare_versions(version("1:1.0-1"), version("2.0-1")) > 0));
  CHECK((base::compare_versions(version("0:2.0-1"), version("2.0-1")) == 0));
  CHECK((base::compare_versions(version("2.0-2"), version("2.0-10")) < 0));
  CHECK((base::compare_versions(version("2.0-2"), version("2.0")) == 0));
  CHECK(version("1:2.0-3.azl3").to_string() == "1:2.0-3.azl3");
}

TEST_CASE("what is no version is not taken for one") {
  for (const char* text : {"", "x:1-1", "1-", ":1-1", "4294967296:1-1", "-1:1-1", "1 2-3"}) {
    CAPTURE(text);
    CHECK_FALSE(base::PackageVersion::parse(text));
  }
}
