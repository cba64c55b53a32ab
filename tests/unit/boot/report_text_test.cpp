// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/boot/boot_report.hpp>

using namespace imagewright;
using boot::RowOutcome;

namespace {

boot::BootReport report() {
  boot::BootReport report;
  report.facts.operating_system = "Node Linux 3";
  report.facts.kernel_release = "6.6.1";
  report.facts.systemd_version = "255";
  report.facts.system_state = "running";
  report.facts.startup_duration = std::chrono::milliseconds(73500);
  report.rows = {{"kernel is 6.6", "6.6", "6.6.1", RowOutcome::passed},
                 {"openssl", "3.3", "no package database", RowOutcome::not_asked},
                 {"name", "nöde", "ed\x1bge\nmore", RowOutcome::failed}};
  report.serial_log = "serial.log";
  report.duration = std::chrono::seconds(80);
  return report;
}

} // namespace

TEST_CASE("the table shows each check with its result, aligned and without control characters") {
  CHECK(boot::to_text(report()) == "Node Linux 3, kernel 6.6.1, systemd 255, running after 73.5 s\n"
                                   "\n"
                                   "check          expected  actual               result\n"
                                   "kernel is 6.6  6.6       6.6.1                passed\n"
                                   "openssl        3.3       no package database  not asked\n"
                                   "name           nöde      ed\\x1bge …           failed\n"
                                   "\n"
                                   "1 passed, 1 failed, 1 not asked\n");
}

TEST_CASE("the JSON form has the whole texts") {
  const auto value = boot::to_json(report());
  const auto& rows = json::array_member(value, "checks", "report");
  REQUIRE(rows.size() == 3);
  CHECK(json::string_member(rows[2], "actual", "row") == "ed\x1bge\nmore");
  CHECK(json::string_member(rows[1], "result", "row") == "not asked");
  CHECK_FALSE(json::bool_member(value, "passed", "report"));
}

TEST_CASE("a report fails when a row fails, not when a question was not asked") {
  auto value = report();
  CHECK(value.has_failures());
  value.rows.pop_back();
  CHECK_FALSE(value.has_failures());
}
