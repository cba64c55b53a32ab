// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/tree/label.hpp>

#include "tree_fixture.hpp"

namespace tree = imagewright::tree;
using imagewright_test::TreeFixture;

namespace {

constexpr const char* k_contexts = "/etc/selinux/small/contexts/files/file_contexts";

std::string label_of(const tree::RootTree& table, const char* path) {
  for (const auto& attribute : table.find(path)->attributes) {
    if (attribute.name == "security.selinux") return attribute.value;
  }
  return "none";
}

// The null byte at the end is part of the attribute.
std::string text(const char* context) {
  return std::string(context) + '\0';
}

} // namespace

TEST_CASE("labels follow the policy's file contexts, by path and by type") {
  const TreeFixture fixture;
  fixture.file(k_contexts, "/.*\tsystem_u:object_r:default_t:s0\n"
                           "/usr/bin/.*\t--\tsystem_u:object_r:bin_t:s0\n"
                           "/usr/bin\t-d\tsystem_u:object_r:bin_dir_t:s0\n"
                           "/none\t<<none>>\n");
  fixture.file("/usr/bin/tool", "");
  fixture.file("/none", "");
  std::filesystem::create_symlink("tool", fixture.root() / "usr/bin/link");
  const auto table = tree::label(fixture.scan(), k_contexts);
  CHECK(label_of(table, "/usr/bin/tool") == text("system_u:object_r:bin_t:s0"));
  CHECK(label_of(table, "/usr/bin") == text("system_u:object_r:bin_dir_t:s0"));
  CHECK(label_of(table, "/usr/bin/link") == text("system_u:object_r:default_t:s0"));
  CHECK(label_of(table, "/none") == "none");
}

TEST_CASE("labelling again changes nothing") {
  const TreeFixture fixture;
  fixture.file(k_contexts, "/.*\tsystem_u:object_r:default_t:s0\n");
  const auto once = tree::label(fixture.scan(), k_contexts);
  CHECK(tree::label(once, k_contexts) == once);
}

TEST_CASE("a root without file contexts cannot be labelled") {
  const TreeFixture fixture;
  CHECK_THROWS_AS(tree::label(fixture.scan(), k_contexts), imagewright::base::Error);
}
