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
  const json::Value log = config::to_sarif(k_diagnostics, {.version = "1.0"});
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

TEST_CASE("rules of SARIF carry the texts of the pages of their codes") {
  const auto page_of = [](std::string_view code) {
    return code == "config.conflict"
               ? std::string_view("# config.conflict\n\n**What happened.** Two keys\nexclude each "
                                  "other. Both are there.\n\n**Why it matters.** Only one can "
                                  "hold.\n\n**What to do.** Keep one.\n\nOr none.\n")
               : std::string_view();
  };
  const json::Value log = config::to_sarif(
      k_diagnostics, {.version = "1", .page_of = page_of, .pages_url = "https://example.org/e/"});
  const json::Value& driver = *(*log.find("runs")->find_array())[0].find("tool")->find("driver");
  CHECK(*driver.find("informationUri")->find_string() == "https://example.org/e/");
  const json::Array& rules = *driver.find("rules")->find_array();
  const auto text = [&](const char* key) {
    return *rules[0].find(key)->find("text")->find_string();
  };
  CHECK(text("shortDescription") == "Two keys exclude each other.");
  CHECK(text("fullDescription") ==
        "Two keys exclude each other. Both are there. Only one can hold.");
  CHECK(text("help") == "Keep one. Or none.");
  CHECK(rules[0].find("help")->find("markdown")->find_string()->starts_with("# config.conflict"));
  CHECK(*rules[0].find("helpUri")->find_string() == "https://example.org/e/config.conflict.md");
  CHECK(rules[1].find("help") == nullptr);
}

TEST_CASE("annotations are one line each, with everything escaped that could end them") {
  CHECK(config::to_github_annotations(k_diagnostics) ==
        "::error file=my configs/a%2Cb%3Ac.yaml,title=config.conflict,line=3,col=5::\"a\" "
        "and\\n\"b\" exclude each other%0Ahint: keep "
        "100%25 of one\n"
        "::warning file=/etc/x.yaml,title=config.legacy-key::old\n");
}

TEST_CASE("a finding of GitLab's keeps its fingerprint when lines move, and has one of its own") {
  auto moved = k_diagnostics;
  moved[0].where->line = 30;
  moved.push_back(moved[0]);
  const auto fingerprint = [](const json::Value& report, std::size_t index) {
    return *(*report.find_array())[index].find("fingerprint")->find_string();
  };
  const json::Value before = config::to_gitlab_report(k_diagnostics, "node.yaml");
  const json::Value after = config::to_gitlab_report(moved, "node.yaml");
  CHECK(fingerprint(before, 0) == fingerprint(after, 0));
  CHECK(fingerprint(after, 0) != fingerprint(after, 2));
  CHECK(fingerprint(before, 0) != fingerprint(before, 1));
  const json::Value& place = *(*after.find_array())[0].find("location");
  CHECK(*place.find("path")->find_string() == "my configs/a,b:c.yaml");
  CHECK(json::unsigned_member(*place.find("lines"), "begin", "lines") == 30);
  CHECK(*(*after.find_array())[1].find("severity")->find_string() == "minor");
}
