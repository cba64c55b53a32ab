// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "feeds.hpp"

using namespace imagewright;
using namespace imagewright_test;

TEST_CASE("OVAL definitions become advisories of the package that their test names") {
  const advisory::Feed feed = feed_from(oval(k_one_test));
  CHECK(feed.kind == advisory::FeedKind::oval);
  REQUIRE(feed.made);
  CHECK(base::to_iso8601(*feed.made) == "2024-10-10T12:04:24Z");
  REQUIRE(feed.advisories.size() == 1);
  const advisory::Advisory& only = feed.advisories.front();
  CHECK(only.vulnerability == "CVE-2024-1");
  CHECK(only.package == "openssl");
  CHECK(only.severity == advisory::Severity::high);
  REQUIRE(only.fixed_in);
  CHECK(only.fixed_in->to_string() == "3.3.2-1.azl3");
}

TEST_CASE("a blank behind an epoch is no part of the version") {
  std::string text = oval(k_one_test);
  text.replace(text.find("0:3.3.2"), 2, "0: ");
  CHECK(feed_from(text).advisories.front().fixed_in->to_string() == "3.3.2-1.azl3");
}

TEST_CASE("a vendor that will not fix is believed") {
  const advisory::Feed feed = feed_from(oval(k_one_test, "<patchable>Not Applicable</patchable>"));
  CHECK(feed.advisories.front().is_without_fix);
  CHECK_FALSE(feed.advisories.front().fixed_in);
}

TEST_CASE("an OVAL document that is not understood to the last word is refused") {
  const std::string whole = oval(k_one_test);
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = whole;
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
  };
  const std::string texts[] = {
      whole.substr(0, whole.size() / 2),
      whole.substr(0, whole.size() - 1),
      changed("operation=\"less than\"", "operation=\"pattern match\""),
      changed("0:3.3.2-1.azl3", "x:3.3.2-1"),
      changed("check=\"at least one\"", "check=\"none satisfy\""),
      changed("operator=\"AND\"", "operator=\"XOR\""),
      changed("<criterion ", "<criterion negate=\"true\" "),
      changed("<criterion test_ref=\"t1\"/>", "<extend_definition definition_ref=\"x\"/>"),
      changed("test_ref=\"t1\"", "test_ref=\"t9\""),
      changed("<criterion test_ref=\"t1\"/>", ""),
      changed("object_ref=\"o1\"", "object_ref=\"o9\""),
      changed("<patchable>true", "<patchable>maybe"),
  };
  for (const std::string& text : texts) {
    CAPTURE(text.substr(0, 200));
    CHECK(code_of([&] { feed_from(text); }) == "advisory.damaged-feed");
  }
}

TEST_CASE("a long document is no long text") {
  std::string text = oval(k_one_test);
  const auto at = text.find("<tests>") + 7;
  std::string many;
  for (int index = 0; index < 40000; ++index)
    many += std::string(40, ' ') + "<other/>\n";
  CHECK(feed_from(text.insert(at, many)).advisories.size() == 1);
}

TEST_CASE("what would exhaust the reader is refused as that") {
  std::string deep = "<oval_definitions>";
  for (int level = 0; level < 100; ++level)
    deep += "<a>";
  CHECK(code_of([&] { feed_from(deep); }) == "advisory.exhausting-feed");
  CHECK(code_of([&] { feed_from("<oval_definitions>" + std::string(3U << 20U, 'x')); }) ==
        "advisory.exhausting-feed");
  CHECK(code_of([&] {
          feed_from("<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>" +
                    oval(k_one_test));
        }) == "advisory.exhausting-feed");
}

TEST_CASE("what is no feed is called that") {
  for (const char* text : {"", "<html><body>log in</body></html>", "\x1f\x8b\x08", "hello",
                           "<oval_definitions></oval_definitions>", "[]"}) {
    CAPTURE(text);
    CHECK(code_of([&] { feed_from(text); }) == "advisory.unknown-feed");
  }
  CHECK(code_of([] { read_feed("/nonexistent/feed"); }) == "advisory.no-feed");
}

namespace {

const std::string k_osv =
    R"({"id": "AZL-1", "modified": "2026-03-10T00:00:00Z", "upstream": ["CVE-2024-2"],
  "database_specific": {"severity": "CRITICAL"},
  "affected": [{"package": {"ecosystem": "Azure Linux:3", "name": "libxml2"},
                "ranges": [{"type": "ECOSYSTEM", "events": [EVENTS]}]}]})";

std::string osv(const std::string& events) {
  std::string text = k_osv;
  return text.replace(text.find("EVENTS"), 6, events);
}

} // namespace

TEST_CASE("OSV ranges open with introduced and close with fixed or last_affected") {
  const advisory::Feed feed = feed_from(osv(
      R"({"introduced": "0"}, {"fixed": "1.2-3.azl3"}, {"introduced": "2.0"}, {"last_affected": "2.1-3"})"));
  CHECK(feed.kind == advisory::FeedKind::osv);
  const advisory::Advisory& only = feed.advisories.at(0);
  CHECK(only.vulnerability == "CVE-2024-2");
  CHECK(only.severity == advisory::Severity::critical);
  REQUIRE(only.alternatives.size() == 2);
  CHECK(only.alternatives.at(0).size() == 1);
  CHECK(only.alternatives.at(1).size() == 2);
  CHECK(only.alternatives.at(1).at(1).ignores_distribution_tag);
}

TEST_CASE("OSV comes as a document, a list, one a line, or a directory") {
  std::string line = osv(R"({"introduced": "0"})");
  for (char& character : line) {
    if (character == '\n') character = ' ';
  }
  CHECK(feed_from(line).advisories.size() == 1);
  CHECK(feed_from(line + "\n" + line + "\n").advisories.size() == 2);
  CHECK(feed_from("[" + line + "," + line + "]").advisories.size() == 2);
  const ScratchDirectory scratch;
  scratch.write("osv/a.json", line);
  scratch.write("osv/b.json", line);
  CHECK(read_feed(scratch / "osv").advisories.size() == 2);
}

TEST_CASE("an OSV document that does not say what it affects is refused") {
  for (const std::string& text :
       {osv(R"({"fixed": "1-1"})"), osv(R"({"introduced": "x:1"})"), std::string("{\"a\": 1}"),
        std::string("{\"id\": \"X\", \"affected\": [{\"package\": {\"name\": \"a\"}}]}"),
        osv(R"({"introduced": "0"})").substr(0, 100)}) {
    CAPTURE(text);
    CHECK(code_of([&] { feed_from(text); }) == "advisory.damaged-feed");
  }
}

TEST_CASE("updateinfo names the binary packages that have the fix") {
  const advisory::Feed feed = feed_from(
      R"(<updates><update type="security"><id>X-1</id><severity>Important</severity><issued date="2024-01-02 03:04:05"/>
      <references><reference type="cve" id="CVE-2024-3"/></references><pkglist><collection>
      <package name="curl" epoch="0" version="8.9.1" release="2" arch="x86_64"/>
      <package name="curl" epoch="0" version="8.9.1" release="1" arch="aarch64"/></collection></pkglist></update>
      <update type="bugfix"><id>X-2</id><pkglist><collection><package name="vim" version="9" release="1"/>
      </collection></pkglist></update></updates>)");
  CHECK(feed.kind == advisory::FeedKind::updateinfo);
  REQUIRE(feed.advisories.size() == 1);
  CHECK(feed.advisories.front().vulnerability == "CVE-2024-3");
  CHECK(feed.advisories.front().fixed_in->to_string() == "8.9.1-1");
}

TEST_CASE("OSV documents of two distributions are not one feed") {
  const ScratchDirectory scratch;
  const std::string one = osv(R"({"introduced": "0"})");
  scratch.write("osv/a.json", one);
  std::string other = one;
  scratch.write("osv/b.json", other.replace(other.find("Azure Linux:3"), 13, "Azure Linux:2"));
  CHECK(code_of([&] { read_feed(scratch / "osv"); }) == "advisory.damaged-feed");
}
