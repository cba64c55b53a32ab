// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/config/annotations.hpp>

using namespace imagewright;

namespace {

const std::vector<base::Diagnostic> k_diagnostics = {
    {.code = "config.conflict",
     .message = "\"a\" and\n\"b\" exclude each other",
     .where = base::SourceLocation{"my configs/a,b:c.yaml", 3, 5},
     .related = {{{"base.yaml", 1, 2}, "here"}},
     .hint = "keep 100% of one"},
    {.severity = base::Severity::warning,
     .code = "config.legacy-key",
     .message = "old",
     .where = base::SourceLocation{"/etc/x.yaml", 0, 0}},
};

} // namespace

TEST_CASE("SARIF has levels, regions and related places") {
  const json::Value log = config::to_sarif(k_diagnostics, "1.0");
  CHECK(*log.find("version")->find_string() == "2.1.0");
  const json::Value& run = (*log.find("runs")->find_array())[0];
  CHECK(run.find("tool")->find("driver")->find("rules")->find_array()->size() == 2);
  const json::Array& results = *run.find("results")->find_array();
  REQUIRE(results.size() == 2);
  CHECK(*results[0].find("level")->find_string() == "error");
  const json::Value& place =
      *(*results[0].find("locations")->find_array())[0].find("physicalLocation");
  CHECK(*place.find("artifactLocation")->find("uri")->find_string() ==
        "my%20configs/a%2Cb%3Ac.yaml");
  CHECK(json::unsigned_member(*place.find("region"), "startLine", "region") == 3);
  CHECK(results[0].find("relatedLocations")->find_array()->size() == 1);
  const json::Value& whole_file =
      *(*results[1].find("locations")->find_array())[0].find("physicalLocation");
  CHECK(*whole_file.find("artifactLocation")->find("uri")->find_string() == "file:///etc/x.yaml");
  CHECK(whole_file.find("region") == nullptr);
}

TEST_CASE("annotations are one line each, with everything escaped that could end them") {
  CHECK(config::to_github_annotations(k_diagnostics) ==
        "::error file=my configs/a%2Cb%3Ac.yaml,title=config.conflict,line=3,col=5::\"a\" "
        "and\\n\"b\" exclude each other%0Ahint: keep "
        "100%25 of one\n"
        "::warning file=/etc/x.yaml,title=config.legacy-key::old\n");
}
