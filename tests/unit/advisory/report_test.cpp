// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/advisory/report.hpp>

#include "feeds.hpp"

using namespace imagewright;
using namespace imagewright_test;

namespace {

struct Example {
  advisory::Feed feed = feed_from(oval(k_one_test));
  advisory::Inventory inventory{
      .file = "list",
      .packages = {package("libssl3", "3.0.0", "1", "openssl-3.0.0-1.src.rpm"),
                   package("zlib", "1", "1", "")}};
  advisory::Verdict verdict = advisory::evaluate(feed, inventory, {});

  advisory::Report report() const { return {feed, inventory, verdict, "1.2.3"}; }
};

} // namespace

TEST_CASE("a report says what is open, since when the feed is silent, and what it cannot know") {
  Example example;
  example.feed.file = "oval.xml";
  CHECK(advisory::to_text(example.report()) ==
        "2 packages of list against OVAL oval.xml, made 2024-10-10T12:04:24Z\n"
        "affected: 1\n"
        "  CVE-2024-1 high openssl 3.0.0-1, fixed in 3.3.2-1.azl3\n"
        "no fix: 0\n"
        "suppressed: 0\n"
        "unknown: 1 packages do not say which source package they were built from; they were "
        "looked up by their own names alone\n"
        "fixed: 0\n");
}

TEST_CASE("names from a feed cannot end a line or a cell") {
  Example example;
  example.verdict.findings.front().vulnerability = "CVE\n::error::|x";
  CHECK(advisory::to_text(example.report()).find("CVE\n") == std::string::npos);
  CHECK(advisory::to_markdown(example.report()).find("CVE\n") == std::string::npos);
  CHECK(advisory::to_markdown(example.report()).find("\\|x") != std::string::npos);
}

TEST_CASE("SARIF has a rule and a result for each open finding and none for others") {
  Example example;
  const auto results = [&] {
    const json::Value document = advisory::to_sarif(example.report());
    return json::array_member(json::array_member(document, "runs", "").at(0), "results", "").size();
  };
  CHECK(results() == 1);
  // A path that begins with a slash is no URI (section 3.4.3).
  example.inventory.file = "/out/a b.json";
  CHECK(json::to_line(advisory::to_sarif(example.report())).find(R"("file:///out/a%20b.json")") !=
        std::string::npos);
  example.verdict.findings.front().status = advisory::Status::suppressed;
  CHECK(results() == 0);
}
