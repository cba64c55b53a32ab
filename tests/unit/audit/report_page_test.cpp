// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/audit/report_page.hpp>
#include <imagewright/base/error.hpp>

using namespace imagewright;

namespace {

constexpr std::string_view k_report = R"({
  "imagewrightReport": 1, "name": "node<b>", "architecture": "x86_64", "rung": "root", "packages": 159,
  "artifacts": [{"file": "node.qcow2", "format": "qcow2", "virtualSize": 1073741824, "fileSize": 1536, "digest": "sha256:aa"}],
  "artifactBytes": 1536,
  "partitions": [{"id": "root", "size": 1048576, "used": 786432, "files": 7}, {"id": "none", "size": 0, "used": 0, "files": 0}],
  "sizes": {"packages": [{"name": "kernel<", "bytes": 3145728}, {"name": "", "bytes": 1024}], "directories": [{"name": "/usr/lib", "bytes": 3146752}]},
  "stages": [{"stage": "install", "depth": 0, "startMilliseconds": 20, "milliseconds": 1500, "summary": "159 packages"},
             {"stage": "unpack", "depth": 1, "startMilliseconds": 30, "milliseconds": 100, "summary": ""}],
  "cache": [{"stage": "initramfs", "result": "miss", "reason": "the kernel changed"}],
  "scriptlets": [{"package": "short", "scriptlet": "%post", "milliseconds": 2}, {"package": "long", "scriptlet": "%posttrans", "milliseconds": 900}],
  "emulation": null,
  "warnings": [{"code": "a.b", "message": "see <this>", "where": "node.yaml:3:1"}]
})";

bool shows(const std::string& page, std::string_view text) {
  return page.find(text) != std::string::npos;
}

} // namespace

TEST_CASE("the page of a report shows its figures, and no markup of others") {
  const std::string page = audit::report_page(json::parse(k_report, "report"));
  CHECK(shows(page, "<h1>Build of node&lt;b&gt; for x86_64</h1>"));
  CHECK(shows(page, "159 packages for x86_64, 1.5 KiB of artifacts, composed on the rung root."));
  CHECK(shows(page, "<title>install: 1.5 s, 159 packages</title>"));
  CHECK(shows(page, "<td>  unpack</td><td class=\"number\">30</td><td class=\"number\">100</td>"));
  CHECK(shows(page, "<td>initramfs</td><td>miss</td><td>the kernel changed</td>"));
  CHECK(shows(page, "<td class=\"number\">75 %</td>"));
  CHECK(shows(page, "<title>kernel&lt;: 3 MiB</title>"));
  CHECK(shows(page, "<td>(files of no package)</td><td class=\"number\">1 KiB</td>"));
  CHECK(shows(page, "<td>/usr/lib</td>"));
  CHECK(shows(page, "<td>a.b</td><td>see &lt;this&gt;</td><td>node.yaml:3:1</td>"));
  CHECK(page.find("<td>long</td>") < page.find("<td>short</td>"));
}

TEST_CASE("what is no report is none") {
  CHECK_THROWS_AS(audit::report_page(json::parse("{}", "report")), base::Error);
}

TEST_CASE("files that tell of one run are known by name") {
  CHECK(audit::tells_of_one_run("node-x86_64.report.json"));
  CHECK(audit::tells_of_one_run("node-x86_64.report.html"));
  CHECK_FALSE(audit::tells_of_one_run("node-x86_64.manifest.json"));
}
