// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "question.hpp"

using namespace imagewright;
using Names = std::vector<std::string>;

namespace {

const std::vector<imagewright_test::TinyPackage> k_packages{
    {.name = "app", .needs = {"/usr/share/data/table"}},
    {.name = "data", .files = {"/usr/share/data/table"}},
    {.name = "script", .needs = {"/usr/bin/perl"}},
    {.name = "perl", .files = {"/usr/bin/perl", "/usr/share/perl/a"}}};

} // namespace

TEST_CASE("file lists are not loaded while primary metadata has every file") {
  Question question;
  question.add(k_packages);
  CHECK(question.want({"script"}).packages() == Names{"perl-1-1.x86_64", "script-1-1.x86_64"});
  CHECK(question.file_list_loads == 0);
}

TEST_CASE("file lists are loaded once for a dependency that needs them") {
  Question question;
  question.add(k_packages);
  CHECK(question.want({"app"}).packages() == Names{"app-1-1.x86_64", "data-1-1.x86_64"});
  CHECK(question.file_list_loads == 1);
}

TEST_CASE("file lists are loaded for a newer version that would else be passed over") {
  Question question;
  question.add({{.name = "app", .version = "1"},
                {.name = "app", .version = "2", .needs = {"/usr/share/data/table"}},
                {.name = "data", .files = {"/usr/share/data/table"}}});
  CHECK(question.want({"app"}).packages() == Names{"app-2-1.x86_64", "data-1-1.x86_64"});
}

TEST_CASE("without file lists the dependency is named as missing") {
  Question question;
  question.add(k_packages);
  question.request.load_filelists = {};
  const auto problems = question.want({"app"}).problems();
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].code == "resolve.nothing-provides");
  CHECK(problems[0].message.find("/usr/share/data/table") != std::string::npos);
}
