// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/boot/boot_report.hpp>

using namespace imagewright;
using boot::RowOutcome;

TEST_CASE("a report as JUnit's XML has a test case for each check") {
  boot::BootReport report;
  report.rows = {{"kernel series", "6.6", "6.6.9", RowOutcome::passed},
                 {"no \"failed\" units", "none", "a.service\n<b> & c\x1b", RowOutcome::failed},
                 {"FIPS", "1", "(no answer)", RowOutcome::not_asked}};
  report.duration = std::chrono::milliseconds(1500);
  CHECK(boot::to_junit(report, "node.qcow2") ==
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
        "  <testsuite name=\"node.qcow2\" tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\" "
        "time=\"1.500\">\n"
        "    <testcase classname=\"node.qcow2\" name=\"kernel series\"/>\n"
        "    <testcase classname=\"node.qcow2\" name=\"no &quot;failed&quot; units\">\n"
        "      <failure message=\"expected none, found a.service&#10;&lt;b&gt; &amp; c\\x1b\"/>\n"
        "    </testcase>\n"
        "    <testcase classname=\"node.qcow2\" name=\"FIPS\">\n"
        "      <skipped message=\"(no answer)\"/>\n"
        "    </testcase>\n"
        "  </testsuite>\n</testsuites>\n");
}
