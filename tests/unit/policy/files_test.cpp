// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "policy_case.hpp"

using namespace policy_test;

TEST_CASE("a file where nothing stays is refused at its place") {
  PolicyCase test;
  const auto add = [&](const std::string& path) {
    test.config.os.additional_files.push_back({path, std::string("x"), {}, at(4)});
  };
  SECTION("whatever the directory") {
    add(GENERATE(as<std::string>{}, "/tmp/x", "/var/tmp/x", "/run/x/y", "/var/run/x", "/var/lock/x",
                 "/dev/x", "/proc/x", "/sys/x"));
    const auto diagnostics = test.result().diagnostics;
    REQUIRE(codes_of(diagnostics) == Texts{"policy.file-not-kept"});
    CHECK(diagnostics.items()[0].where == at(4));
  }
  SECTION("but not beside it") {
    for (const auto* path : {"/tmpx", "/etc/tmp/x", "/var/runner/x", "/usr/run/x"})
      add(path);
    CHECK(test.result().diagnostics.empty());
  }
  SECTION("but what scripts may use on their way is theirs") {
    test.config.scripts.post_customization.push_back({.content = "true", .where = at(9)});
    const auto path = GENERATE(as<std::string>{}, "/tmp/x", "/var/tmp/x", "/run/x/y");
    add(path);
    CHECK(test.result().diagnostics.empty() == (path == "/var/tmp/x"));
  }
  SECTION("nor a directory") {
    test.config.os.additional_directories.push_back(
        {.source = "x",
         .destination = GENERATE(as<std::string>{}, "/run", "/tmp/a"),
         .where = at(5)});
    CHECK(codes_of(test.result().diagnostics) == Texts{"policy.file-not-kept"});
  }
}
