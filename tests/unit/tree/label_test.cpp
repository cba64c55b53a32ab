// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/tree/file_contexts.hpp>
#include <imagewright/tree/label.hpp>

#include "tree_fixture.hpp"

namespace tree = imagewright::tree;
using Catch::Matchers::Contains;
using imagewright_test::TreeFixture;

namespace {

constexpr const char* k_contexts = "/etc/selinux/small/contexts/files/file_contexts";

std::string label_of(const tree::RootTree& table, const char* path) {
  for (const auto& attribute : table.find(path)->attributes) {
    if (attribute.name == "security.selinux") return attribute.value;
  }
  return "none";
}

tree::RootTree labelled(tree::RootTree table, const char* contexts) {
  const imagewright::base::Cancellation never;
  const imagewright::fs::RootDir root(table.host_path);
  return tree::label(std::move(table), root, contexts, never);
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
  const auto table = labelled(fixture.scan(), k_contexts);
  CHECK(label_of(table, "/usr/bin/tool") == text("system_u:object_r:bin_t:s0"));
  CHECK(label_of(table, "/usr/bin") == text("system_u:object_r:bin_dir_t:s0"));
  CHECK(label_of(table, "/usr/bin/link") == text("system_u:object_r:default_t:s0"));
  CHECK(label_of(table, "/none") == "none");
}

TEST_CASE("labelling again changes nothing") {
  const TreeFixture fixture;
  fixture.file(k_contexts, "/.*\tsystem_u:object_r:default_t:s0\n");
  const auto once = labelled(fixture.scan(), k_contexts);
  CHECK(labelled(once, k_contexts) == once);
}

TEST_CASE("substitutions and local contexts of the policy count") {
  const TreeFixture fixture;
  fixture.file(k_contexts, "/.*\tsystem_u:object_r:default_t:s0\n"
                           "/run/.*\tsystem_u:object_r:run_t:s0\n");
  fixture.file(std::string(k_contexts) + ".homedirs", "/home\tsystem_u:object_r:home_root_t:s0\n");
  fixture.file(std::string(k_contexts) + ".local", "/usr/local\tsystem_u:object_r:mine_t:s0\n");
  fixture.file(std::string(k_contexts) + ".subs_dist", "/var/run /run\n");
  fixture.file("/var/run/x", "");
  fixture.directory("/home");
  fixture.directory("/usr/local");
  const auto table = labelled(fixture.scan(), k_contexts);
  CHECK(label_of(table, "/var/run/x") == text("system_u:object_r:run_t:s0"));
  CHECK(label_of(table, "/home") == text("system_u:object_r:home_root_t:s0"));
  CHECK(label_of(table, "/usr/local") == text("system_u:object_r:mine_t:s0"));
}

TEST_CASE("the compiled form of a policy is never read, also not as a text") {
  const TreeFixture fixture;
  // The number that compiled contexts begin with, and nothing that is true behind it.
  const std::string damaged("\x8a\xff\x7c\xf9\x05\0\0\0\xff\xff\xff\x7f", 12);
  fixture.file(k_contexts, "/.*\tsystem_u:object_r:default_t:s0\n");
  fixture.file(std::string(k_contexts) + ".bin", damaged);
  CHECK(label_of(labelled(fixture.scan(), k_contexts), "/etc") ==
        text("system_u:object_r:default_t:s0"));
  fixture.file(k_contexts, damaged);
  CHECK_THROWS_WITH(labelled(fixture.scan(), k_contexts), Contains("is no text"));
}

TEST_CASE("contexts behind a link are those of the image, never of the host") {
  const TreeFixture fixture;
  const imagewright_test::ScratchDirectory host;
  const auto outside = host.write("file_contexts", "/.*\tsystem_u:object_r:host_t:s0\n");
  fixture.directory("/etc/selinux/small/contexts/files");
  std::filesystem::create_symlink(outside, fixture.root() / (k_contexts + 1));
  CHECK_THROWS_WITH(labelled(fixture.scan(), k_contexts), Contains("no SELinux file contexts"));
  fixture.file(outside.string(), "/.*\tsystem_u:object_r:image_t:s0\n");
  CHECK(label_of(labelled(fixture.scan(), k_contexts), "/etc") ==
        text("system_u:object_r:image_t:s0"));
}

TEST_CASE("a damaged text is an error with a name") {
  const TreeFixture fixture;
  fixture.file(k_contexts, "/((((\tsystem_u:object_r:default_t:s0\n");
  CHECK_THROWS_WITH(labelled(fixture.scan(), k_contexts), Contains("cannot be understood"));
}

TEST_CASE("the type of a policy is one word") {
  const TreeFixture fixture;
  using imagewright::model::FileLabels;
  const auto find = [&] {
    return tree::find_file_contexts(imagewright::fs::RootDir(fixture.root()), FileLabels::required);
  };
  fixture.file(k_contexts, "/.*\tsystem_u:object_r:default_t:s0\n");
  fixture.file("/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=small\n");
  CHECK(find() == k_contexts);
  for (const char* type : {"../selinux/small", "./small", "..", ".", "small/", "small\\x", "a b"}) {
    INFO(type);
    fixture.file("/etc/selinux/config",
                 std::string("SELINUX=enforcing\nSELINUXTYPE=\"") + type + "\"\n");
    CHECK_THROWS_WITH(find(), Contains("is no name of a policy"));
  }
}

TEST_CASE("a root without file contexts cannot be labelled") {
  const TreeFixture fixture;
  CHECK_THROWS_AS(labelled(fixture.scan(), k_contexts), imagewright::base::Error);
}
