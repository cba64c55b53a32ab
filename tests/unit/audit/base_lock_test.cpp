// SPDX-License-Identifier: MIT
#include <audit/base_lock_differences.hpp>

#include <catch2/catch.hpp>

using namespace imagewright;

TEST_CASE("locks of another base say which, and what of it stays and goes") {
  const model::Lock packages{
      {{.architecture = "x86_64", .request = base::digest_of("1"), .packages = {}}}};
  const lock::LockWithBases before{.lock = packages,
                                   .bases = {{"x86_64",
                                              {.digest = base::digest_of("old base"),
                                               .kept = {"bash-5.1-1.x86_64", "tool-1-1.x86_64"},
                                               .erased = {"nano-1-1.x86_64"}}}}};
  lock::LockWithBases after = before;
  after.bases["x86_64"] = {.digest = base::digest_of("new base"),
                           .kept = {"bash-5.2-1.x86_64", "tool-1-1.x86_64"},
                           .erased = {"nano-1-1.x86_64", "vim-1-1.x86_64"}};
  const std::string text = audit::to_text(audit::compare_locks_with_bases(before, after));
  for (const char* line : {"base for x86_64\n  ~ image: digest sha256:", "  - bash-5.1-1.x86_64\n",
                           "  + bash-5.2-1.x86_64\n", "  + vim-1-1.x86_64\n"}) {
    CAPTURE(text, line);
    CHECK(text.find(line) != std::string::npos);
  }
  CHECK(text.find("tool") == std::string::npos);
  CHECK(audit::compare_locks_with_bases(before, before).is_equal());
  const lock::LockWithBases composed{.lock = packages, .bases = {}};
  CHECK_FALSE(audit::compare_locks_with_bases(composed, after).is_equal());
}
