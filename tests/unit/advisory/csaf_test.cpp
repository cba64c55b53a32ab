// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/advisory/evaluate.hpp>

#include "feeds.hpp"

using namespace imagewright;
using namespace imagewright_test;

namespace {

const std::string k_products =
    R"({"product_id": "os", "name": "Azure Linux 3.0"},
       {"product_id": "range", "name": "<azl3 kernel 6.6.112.1-2"},
       {"product_id": "one", "name": "azl3 kernel 6.6.112.1-2"},
       {"product_id": "any", "name": "azl3 kernel"},
       {"product_id": "older", "name": "<cbl2 kernel 5.15.200.1-1"},
       {"product_id": "url", "name": "kernel", "product_identification_helper":
          {"purl": "pkg:rpm/azurelinux/kernel@6.6.112.1-2.azl3?arch=src&epoch=1"}})";

std::string csaf(const std::string& status, const std::string& more = "") {
  std::string relationships;
  for (const char* name : {"range", "one", "any", "older", "url"}) {
    relationships +=
        (relationships.empty() ? "" : ",") +
        (R"({"category": "default_component_of", "product_reference": ")" + std::string(name) +
         R"(", "relates_to_product_reference": "os", "full_product_name": {"product_id": "os-)" +
         name + R"(", "name": "x as a component of y"}})");
  }
  return R"({"document": {"category": "csaf_vex", "csaf_version": "2.0", "tracking": {"id": "msrc_CVE-2025-1",
      "current_release_date": "2026-01-02T03:04:05Z", "initial_release_date": "2025-10-01T00:00:00Z"}},
    "product_tree": {"branches": [{"category": "vendor", "name": "v", "branches": [)" +
         [] {
           std::string branches;
           std::string rest = k_products;
           for (auto at = rest.find("{\"product_id\""); at != std::string::npos;) {
             const auto next = rest.find("{\"product_id\"", at + 1);
             std::string product = rest.substr(at, next == std::string::npos ? next : next - at);
             product.resize(product.find_last_of('}') + 1);
             branches += (branches.empty() ? "" : ",") +
                         (R"({"category": "product_version", "name": "b", "product": )" + product) +
                         "}";
             at = next;
           }
           return branches;
         }() +
         R"(]}], "relationships": [)" + relationships +
         R"(]}, "vulnerabilities": [{"cve": "CVE-2025-1",
      "product_status": {)" +
         status + "}" + more + "}]}";
}

advisory::Status status_of(const std::string& text, const char* version, const char* release) {
  const advisory::Verdict verdict =
      advisory::evaluate(feed_from(text), {"list", {package("kernel", version, release, "")}}, {});
  REQUIRE(verdict.findings.size() == 1);
  return verdict.findings.front().status;
}

} // namespace

TEST_CASE("a range of CSAF holds below its version, whose tag is left out") {
  const std::string text = csaf(R"("known_affected": ["os-range"], "fixed": ["os-one"])");
  const advisory::Feed feed = feed_from(text);
  CHECK(feed.kind == advisory::FeedKind::csaf);
  REQUIRE(feed.made);
  CHECK(base::to_iso8601(*feed.made) == "2026-01-02T03:04:05Z");
  REQUIRE(feed.advisories.size() == 1);
  CHECK(feed.advisories.front().vulnerability == "CVE-2025-1");
  CHECK(feed.advisories.front().fixed_in->to_string() == "6.6.112.1-2");
  CHECK(status_of(text, "6.6.112.1", "1.azl3") == advisory::Status::affected);
  CHECK(status_of(text, "6.6.112.1", "2.azl3") == advisory::Status::fixed);
}

TEST_CASE("a version that is affected speaks for all until one is called fixed") {
  const std::string open = csaf(R"("known_affected": ["os-one"])");
  CHECK(status_of(open, "6.6.1", "1.azl3") == advisory::Status::affected);
  CHECK(status_of(open, "6.6.112.1", "2.azl3") == advisory::Status::affected);
  CHECK(status_of(open, "6.7", "1.azl3") == advisory::Status::affected);
  CHECK(status_of(csaf(R"("known_affected": ["os-any"])"), "6.7", "1.azl3") ==
        advisory::Status::affected);
  const std::string fixed = csaf(R"("fixed": ["os-one"])");
  CHECK(status_of(fixed, "6.6.112.1", "1.azl3") == advisory::Status::affected);
  CHECK(status_of(fixed, "6.6.112.1", "2.azl3") == advisory::Status::fixed);
}

TEST_CASE("what the vendor will not fix, and what it does not know, are statuses of their own") {
  const std::string affected = R"("known_affected": ["os-one"])";
  CHECK(
      status_of(csaf(affected, R"(, "remediations": [{"category": "no_fix_planned", "details": "no",
      "product_ids": ["os-one"]}])"),
                "6.6.1", "1.azl3") == advisory::Status::no_fix);
  CHECK(
      status_of(csaf(affected, R"(, "remediations": [{"category": "no_fix_planned", "details": "no",
      "product_ids": ["os-older"]}])"),
                "6.6.1", "1.azl3") == advisory::Status::affected);
  CHECK(status_of(csaf(R"("under_investigation": ["os-one"])"), "6.6.1", "1.azl3") ==
        advisory::Status::unknown);
}

TEST_CASE("another distribution's versions are not held against these") {
  const advisory::Feed feed = feed_from(csaf(R"("known_affected": ["os-older"])"));
  const auto count = [&](const char* release) {
    return advisory::evaluate(feed, {"list", {package("kernel", "5.10", release, "")}}, {})
        .findings.size();
  };
  CHECK(count("1.azl3") == 0);
  CHECK(count("1.cm2") == 1);
  CHECK(count("1") == 1);
}

TEST_CASE("a package URL says more than a name") {
  const advisory::Feed feed = feed_from(csaf(R"("fixed": ["os-url"])"));
  CHECK(feed.advisories.at(0).fixed_in->to_string() == "1:6.6.112.1-2.azl3");
}

TEST_CASE("the vendor's word on the severity counts before a score") {
  const std::string status = R"("known_affected": ["os-one"])";
  const std::string score =
      R"(, "scores": [{"products": ["os-one"], "cvss_v3": {"baseSeverity": "CRITICAL"}}])";
  CHECK(feed_from(csaf(status, score)).advisories.at(0).severity == advisory::Severity::critical);
  CHECK(
      feed_from(csaf(status, score + R"(, "threats": [{"category": "impact", "details": "Moderate",
      "product_ids": ["os-one"]}])"))
          .advisories.at(0)
          .severity == advisory::Severity::medium);
}

TEST_CASE("a CSAF document that is not understood to the last word is refused") {
  const std::string whole = csaf(R"("known_affected": ["os-one"])");
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = whole;
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
  };
  const std::string texts[] = {
      whole.substr(0, whole.size() - 1),
      changed("\"csaf_version\": \"2.0\"", "\"csaf_version\": \"3.0\""),
      changed("2026-01-02T03:04:05Z", "yesterday"),
      changed("\"vulnerabilities\"", "\"others\""),
      changed("[\"os-one\"]", "[\"os-two\"]"),
      changed("[\"os-one\"]", "[\"os\"]"),
      changed("[\"os-one\"]", "\"os-one\""),
      changed("known_affected", "perhaps_affected"),
      changed("\"azl3 kernel 6.6.112.1-2\"", "\"azl3 kernel of today\""),
      changed("\"<azl3 kernel 6.6.112.1-2\"", "\"<azl3 kernel\""),
      changed("\"product_reference\": \"one\"", "\"product_reference\": \"two\""),
      changed("\"product_id\": \"any\"", "\"product_id\": \"one\""),
  };
  for (const std::string& text : texts) {
    CAPTURE(text.substr(0, 200));
    CHECK(code_of([&] { feed_from(text); }) == "advisory.damaged-feed");
  }
}

TEST_CASE("OSV and CSAF in one directory are refused; a provider's description is passed over") {
  const ScratchDirectory scratch;
  scratch.write("feed/a.json", csaf(R"("known_affected": ["os-one"])"));
  scratch.write("feed/provider-metadata.json", R"({"metadata_version": "2.0"})");
  CHECK(read_feed(scratch / "feed").advisories.size() == 1);
  scratch.write("feed/b.json", R"({"id": "AZL-1"})");
  CHECK(code_of([&] { read_feed(scratch / "feed"); }) == "advisory.damaged-feed");
}
