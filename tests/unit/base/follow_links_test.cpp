// SPDX-License-Identifier: MIT
#include <map>

#include <catch2/catch.hpp>

#include <imagewright/base/follow_links.hpp>

namespace base = imagewright::base;

namespace {

/// Paths, and where links lead; an empty target is no link.
std::optional<std::string> followed(const std::string& path) {
  static const std::map<std::string, std::string> names{
      {"/usr", ""},         {"/usr/bin", ""},          {"/usr/bin/bash", ""},
      {"/bin", "usr/bin"},  {"/usr/sh", "bin/./bash"}, {"/abs", "/usr/bin/bash"},
      {"/up", "../../usr"}, {"/loop", "loop"},         {"/dangling", "none"}};
  return base::follow_links(path, [](const std::string& at) -> std::optional<base::FoundName> {
    const auto found = names.find(at);
    if (found == names.end()) return std::nullopt;
    if (found->second.empty()) return base::FoundName{};
    return base::FoundName{found->second};
  });
}

} // namespace

TEST_CASE("links are followed in every part of a path") {
  CHECK(followed("/bin/bash") == "/usr/bin/bash");
  CHECK(followed("/usr/sh") == "/usr/bin/bash");
  CHECK(followed("/abs") == "/usr/bin/bash");
  CHECK(followed("//usr/./bin/") == "/usr/bin");
  CHECK(followed("/") == "/");
}

TEST_CASE("nothing leads out of the tree") {
  CHECK(followed("/up/bin") == "/usr/bin");
  CHECK(followed("/../usr") == "/usr");
}

TEST_CASE("what leads nowhere is nothing") {
  CHECK_FALSE(followed("/none"));
  CHECK_FALSE(followed("/dangling"));
  CHECK_FALSE(followed("/loop"));
}
