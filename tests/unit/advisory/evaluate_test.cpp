// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/advisory/evaluate.hpp>

#include "feeds.hpp"

using namespace imagewright;
using namespace imagewright_test;
using advisory::Status;

namespace {

advisory::Verdict verdict_on(const advisory::Feed& feed,
                             std::vector<advisory::InstalledPackage> packages,
                             const std::vector<advisory::Suppression>& suppressions = {}) {
  return advisory::evaluate(feed, {.file = "list", .packages = std::move(packages)}, suppressions);
}

Status status_of(const std::string& criteria, std::vector<advisory::InstalledPackage> packages) {
  const advisory::Verdict verdict = verdict_on(feed_from(oval(criteria)), std::move(packages));
  REQUIRE(verdict.findings.size() == 1);
  return verdict.findings.front().status;
}

} // namespace

TEST_CASE("an advisory is found by the name of the source package and judged by its version") {
  // The library has another name, and a version of its own.
  CHECK(status_of(k_one_test, {package("libssl3", "9.9", "9", "openssl-3.3.1-9.azl3.src.rpm")}) ==
        Status::affected);
  CHECK(status_of(k_one_test, {package("libssl3", "1.0", "1", "openssl-3.3.2-1.azl3.src.rpm")}) ==
        Status::fixed);
  CHECK(verdict_on(feed_from(oval(k_one_test)), {package("openssl", "1", "1", "other-1-1.src.rpm")})
            .findings.empty());
}

TEST_CASE("a package without a source is looked up by its own name, and counted") {
  const advisory::Verdict verdict =
      verdict_on(feed_from(oval(k_one_test)),
                 {package("openssl", "3.0.0", "1", ""), package("zlib", "1", "1", "")});
  REQUIRE(verdict.findings.size() == 1);
  CHECK(verdict.findings.front().status == Status::affected);
  CHECK(verdict.unknown == std::vector<std::string>{"openssl", "zlib"});
}

TEST_CASE("both bounds of a range count") {
  const std::string range = "<criteria operator=\"AND\"><criterion test_ref=\"t1\"/><criterion "
                            "test_ref=\"t2\"/></criteria>";
  CHECK(status_of(range, {package("openssl", "3.1.0", "1", "openssl-3.1.0-1.src.rpm")}) ==
        Status::affected);
  CHECK(status_of(range, {package("openssl", "2.9.0", "1", "openssl-2.9.0-1.src.rpm")}) ==
        Status::fixed);
  // Of two versions none lies inside, although each bound holds for one of them.
  CHECK(status_of(range, {package("openssl", "2.9.0", "1", "openssl-2.9.0-1.src.rpm"),
                          package("openssl", "4.0.0", "1", "openssl-4.0.0-1.src.rpm")}) ==
        Status::fixed);
}

TEST_CASE("criteria of several packages are read as they are nested") {
  const std::string either = "<criteria operator=\"OR\"><criterion test_ref=\"t1\"/><criteria "
                             "operator=\"AND\"><criterion test_ref=\"t2\"/><criterion "
                             "test_ref=\"t3\"/></criteria></criteria>";
  const auto ssl = package("openssl", "3.9", "1", "openssl-3.9-1.src.rpm");
  const auto verdict_with = [&](const char* version) {
    return verdict_on(feed_from(oval(either)), {ssl, package("curl", version, "1", "")});
  };
  CHECK(open_findings(verdict_with("9.0"), advisory::Severity::low).empty());
  const auto open = open_findings(verdict_with("8.0"), advisory::Severity::low);
  REQUIRE(open.size() == 1);
  CHECK(open.front().package == "curl");
}

TEST_CASE("a last affected version without a distribution tag covers the tagged one") {
  const advisory::Feed feed = feed_from(
      R"({"id": "AZL-1", "affected": [{"package": {"name": "vim"}, "ranges": [{"type": "ECOSYSTEM",
          "events": [{"introduced": "0"}, {"last_affected": "1.2-3"}]}]}]})");
  const auto status = [&](const char* release) {
    const std::string source = std::string("vim-1.2-") + release + ".src.rpm";
    return verdict_on(feed, {package("vim", "1.2", release, source.c_str())}).findings.at(0).status;
  };
  CHECK(status("3.azl3") == Status::affected);
  CHECK(status("3") == Status::affected);
  CHECK(status("4.azl3") == Status::fixed);
}

TEST_CASE("a justification takes an open advisory out, of the package that it names alone") {
  const advisory::Feed feed = feed_from(oval(k_one_test));
  const std::vector<advisory::InstalledPackage> packages{
      package("openssl", "3.0.0", "1", "openssl-3.0.0-1.src.rpm")};
  const auto status = [&](const advisory::Suppression& suppression) {
    return verdict_on(feed, packages, {suppression}).findings.at(0).status;
  };
  CHECK(status({"CVE-2024-1", {}, "component_not_present"}) == Status::suppressed);
  CHECK(status({"CVE-2024-1", {{"openssl", {}}}, "component_not_present"}) == Status::suppressed);
  CHECK(status({"CVE-2024-1", {{"curl", {}}}, "component_not_present"}) == Status::affected);
  CHECK(status({"CVE-2024-9", {}, "component_not_present"}) == Status::affected);
}

TEST_CASE("an unknown severity counts as every severity") {
  advisory::Feed feed = feed_from(oval(k_one_test));
  const std::vector<advisory::InstalledPackage> packages{
      package("openssl", "3.0.0", "1", "openssl-3.0.0-1.src.rpm")};
  using advisory::Severity;
  CHECK(advisory::open_findings(verdict_on(feed, packages), Severity::high).size() == 1);
  CHECK(advisory::open_findings(verdict_on(feed, packages), Severity::critical).empty());
  feed.advisories.front().severity = Severity::unknown;
  CHECK(advisory::open_findings(verdict_on(feed, packages), Severity::critical).size() == 1);
}

TEST_CASE("an update fixes, opens, keeps and loses") {
  const advisory::Feed feed = feed_from(oval(k_one_test));
  const auto at = [&](const char* version) {
    const std::string source = std::string("openssl-") + version + "-1.azl3.src.rpm";
    return verdict_on(feed, {package("openssl", version, "1.azl3", source.c_str())});
  };
  CHECK(advisory::compare_verdicts(at("3.3.0"), at("3.3.2")).fixed.size() == 1);
  CHECK(advisory::compare_verdicts(at("3.3.0"), at("3.3.1")).open.size() == 1);
  const advisory::Delta removed = advisory::compare_verdicts(at("3.3.0"), {});
  REQUIRE(removed.fixed.size() == 1);
  CHECK(removed.fixed.front().reason == "removed");
  CHECK(advisory::compare_verdicts({}, at("3.3.0")).opened.size() == 1);
  CHECK(advisory::compare_verdicts({}, at("3.3.0")).regressed.empty());
  const advisory::Delta lost = advisory::compare_verdicts(at("3.3.2"), at("3.3.0"));
  CHECK(lost.opened.size() == 1);
  CHECK(lost.regressed.size() == 1);
}

TEST_CASE("a definition about one of several packages is about each of them") {
  const advisory::Feed feed =
      feed_from(oval("<criteria operator=\"OR\"><criterion test_ref=\"t1\"/><criterion "
                     "test_ref=\"t3\"/></criteria>"));
  for (const char* name : {"openssl", "curl"}) {
    CAPTURE(name);
    const advisory::Verdict verdict =
        advisory::evaluate(feed, {"list", {package(name, "1.0", "1.azl3", "")}}, {});
    REQUIRE(verdict.findings.size() == 1);
    CHECK(verdict.findings.front().status == advisory::Status::affected);
    CHECK(verdict.findings.front().package == name);
  }
  CHECK(feed.advisories.at(0).fixed_in->to_string() == "8.9.0-1");
  CHECK(feed.advisories.at(1).fixed_in->to_string() == "3.3.2-1.azl3");
}

TEST_CASE("a definition that refers to several vulnerabilities is about each of them") {
  const advisory::Feed feed = feed_from(
      oval(k_one_test, "<reference ref_id=\"CVE-2024-7\"/><reference ref_id=\"EXSA-1\"/>"));
  REQUIRE(feed.advisories.size() == 2);
  CHECK(feed.advisories.at(0).vulnerability == "CVE-2024-1");
  CHECK(feed.advisories.at(1).vulnerability == "CVE-2024-7");
}
