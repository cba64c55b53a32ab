// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "question.hpp"

using namespace imagewright;
using Names = std::vector<std::string>;

namespace {

void add_kernels(Question& question) {
  question.add({{.name = "kernel", .version = "6.1", .provides = {"kernel-uname-r = 6.1"}},
                {.name = "kernel", .version = "6.6"},
                {.name = "kernel", .version = "6.6", .architecture = "aarch64"},
                {.name = "kernel-tools", .architecture = "noarch"},
                {.name = "kernel-headers"},
                {.name = "bash",
                 .version = "5.2",
                 .release = "3",
                 .epoch = "1",
                 .provides = {"/bin/sh", "shell(posix)"},
                 .files = {"/usr/bin/bash", "/usr/share/doc/bash/README"}}});
}

Names chosen(const std::string& spec) {
  Question question;
  add_kernels(question);
  return question.want({spec}).packages();
}

} // namespace

TEST_CASE("a name means its newest version for this architecture") {
  CHECK(chosen("kernel") == Names{"kernel-6.6-1.x86_64"});
}

TEST_CASE("a request may name version, release, epoch and architecture") {
  CHECK(chosen("kernel-6.1") == Names{"kernel-6.1-1.x86_64"});
  CHECK(chosen("kernel-6.1-1") == Names{"kernel-6.1-1.x86_64"});
  CHECK(chosen("kernel-6.1-1.x86_64") == Names{"kernel-6.1-1.x86_64"});
  CHECK(chosen("kernel.x86_64") == Names{"kernel-6.6-1.x86_64"});
  CHECK(chosen("bash-1:5.2-3") == Names{"bash-1:5.2-3.x86_64"});
}

TEST_CASE("a request may compare versions, with and without blanks") {
  CHECK(chosen("kernel = 6.1") == Names{"kernel-6.1-1.x86_64"});
  CHECK(chosen("kernel=6.1") == Names{"kernel-6.1-1.x86_64"});
  CHECK(chosen("kernel < 6.6") == Names{"kernel-6.1-1.x86_64"});
  CHECK(chosen("kernel >= 6.2") == Names{"kernel-6.6-1.x86_64"});
}

TEST_CASE("a request may be a capability") {
  CHECK(chosen("kernel-uname-r = 6.1") == Names{"kernel-6.1-1.x86_64"});
  CHECK(chosen("shell(posix)") == Names{"bash-1:5.2-3.x86_64"});
}

TEST_CASE("a request may be a file, of primary metadata or not") {
  CHECK(chosen("/bin/sh") == Names{"bash-1:5.2-3.x86_64"});
  CHECK(chosen("/usr/bin/bash") == Names{"bash-1:5.2-3.x86_64"});
  CHECK(chosen("/usr/share/doc/bash/README") == Names{"bash-1:5.2-3.x86_64"});
}

TEST_CASE("a glob means every name that fits") {
  CHECK(chosen("kernel-*") == Names{"kernel-headers-1-1.x86_64", "kernel-tools-1-1.noarch"});
}

TEST_CASE("a request may be a rich dependency") {
  CHECK(chosen("(nothing or kernel-tools)") == Names{"kernel-tools-1-1.noarch"});
}

TEST_CASE("another architecture takes its own packages") {
  Question question;
  add_kernels(question);
  question.request.architecture = model::architecture("aarch64");
  CHECK(question.want({"kernel"}).packages() == Names{"kernel-6.6-1.aarch64"});
}

TEST_CASE("packages for 32 bits are not used on x86_64 unless it accepts them") {
  Question question;
  question.add({{.name = "library", .architecture = "i686"},
                {.name = "library", .architecture = "x86_64"},
                {.name = "program", .needs = {"library"}}});
  CHECK(question.want({"program"}).packages() == Names{"library-1-1.x86_64", "program-1-1.x86_64"});
}

TEST_CASE("each request knows the packages that meet it") {
  Question question;
  add_kernels(question);
  const auto resolution = question.want({"kernel-*", "/bin/sh", "kernel-tools"}).resolution();
  REQUIRE(resolution.requests.size() == 3);
  CHECK(resolution.requests[0].packages.size() == 2);
  REQUIRE(resolution.requests[1].packages.size() == 1);
  CHECK(resolution.packages[resolution.requests[1].packages[0]].nevra.name == "bash");
  CHECK(resolution.requests[2].request.spec == "kernel-tools");
}
