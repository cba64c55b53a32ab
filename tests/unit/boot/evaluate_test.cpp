// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "boot/evaluate.hpp"

using namespace imagewright;
using boot::Answer;
using boot::RowOutcome;
using model::CheckKind;

namespace {

boot::Answers good_answers() {
  boot::Answers answers;
  answers.is_complete = true;
  answers.by_key = {
      {"kernel-release", {0, "6.6.134.1-2.azl3\n"}},
      {"systemd-version", {0, "systemd 255 (255.20-1.azl3)\n+PAM +AUDIT\n"}},
      {"command-line", {0, "root=LABEL=root rw systemd.unified_cgroup_hierarchy=1\n"}},
      {"cgroup-filesystem", {0, "cgroup2fs\n"}},
      {"selinux-mode", {0, "enforcing\n"}},
      {"fips-enabled", {0, "1\n"}},
      {"system-state", {1, "degraded\n"}},
      {"failed-units", {0, "b.service\na.service\n"}},
      {"failed-units-status", {3, "a.service - broken\n"}},
      {"os-release", {0, "ID=node\nPRETTY_NAME=\"Node Linux 3\"\n"}},
      {"startup", {0, "73500000\n"}},
  };
  return answers;
}

/// The row for one check, whose own answer (for kinds that have one) is given.
boot::ReportRow row_for(const model::Check& check, const std::optional<Answer>& answer = {}) {
  boot::Answers answers = good_answers();
  if (answer) answers.by_key["check:0"] = *answer;
  const auto rows = boot::evaluate(std::span(&check, 1), boot::facts_of(answers), answers);
  REQUIRE(rows.size() == 1);
  CHECK(rows.front().check == check.name);
  return rows.front();
}

RowOutcome outcome_for(CheckKind kind, const std::string& subject, const std::string& expected,
                       const std::optional<Answer>& answer = {}) {
  return row_for({"a check", kind, subject, expected}, answer).outcome;
}

} // namespace

TEST_CASE("answers become facts") {
  const auto facts = boot::facts_of(good_answers());
  CHECK(facts.kernel_release == "6.6.134.1-2.azl3");
  CHECK(facts.systemd_version == "255.20-1.azl3");
  CHECK(facts.operating_system == "Node Linux 3");
  CHECK(facts.system_state == "degraded");
  CHECK(facts.failed_units == std::vector<std::string>{"a.service", "b.service"});
  CHECK(facts.failed_units_status == "a.service - broken");
  CHECK(facts.startup_duration == std::chrono::milliseconds(73500));
  CHECK(boot::facts_of({}) == boot::GuestFacts{});
}

TEST_CASE("general facts pass and fail their checks") {
  CHECK(outcome_for(CheckKind::kernel_series, "", "6.6") == RowOutcome::passed);
  CHECK(outcome_for(CheckKind::kernel_series, "", "6.1") == RowOutcome::failed);
  CHECK(outcome_for(CheckKind::systemd_series, "", "255") == RowOutcome::passed);
  CHECK(outcome_for(CheckKind::systemd_series, "", "25") == RowOutcome::failed);
  CHECK(outcome_for(CheckKind::cgroup_filesystem, "", "cgroup2fs") == RowOutcome::passed);
  CHECK(outcome_for(CheckKind::cgroup_filesystem, "", "tmpfs") == RowOutcome::failed);
  CHECK(outcome_for(CheckKind::selinux_mode, "", "enforcing") == RowOutcome::passed);
  CHECK(outcome_for(CheckKind::selinux_mode, "", "permissive") == RowOutcome::failed);
  CHECK(outcome_for(CheckKind::fips_enabled, "", "1") == RowOutcome::passed);
  CHECK(outcome_for(CheckKind::fips_enabled, "", "0") == RowOutcome::failed);
}

TEST_CASE("the command line is searched by whole words") {
  CHECK(outcome_for(CheckKind::command_line_has, "", "rw") == RowOutcome::passed);
  CHECK(outcome_for(CheckKind::command_line_has, "", "root") == RowOutcome::failed);
  CHECK(outcome_for(CheckKind::command_line_lacks, "", "fips") == RowOutcome::passed);
  CHECK(outcome_for(CheckKind::command_line_lacks, "", "root") == RowOutcome::failed);
  const auto other_value =
      row_for({"v1", CheckKind::command_line_has, "", "systemd.unified_cgroup_hierarchy=0"});
  CHECK(other_value.outcome == RowOutcome::failed);
  CHECK(other_value.actual == "systemd.unified_cgroup_hierarchy=1");
}

TEST_CASE("failed units are named") {
  const auto row = row_for({"no failed units", CheckKind::no_failed_units, "", ""});
  CHECK(row.outcome == RowOutcome::failed);
  CHECK(row.actual == "a.service b.service");
}

TEST_CASE("no failed units passes only when the guest said so") {
  boot::Answers answers;
  const model::Check check{"no failed units", CheckKind::no_failed_units, "", ""};
  const auto outcome = [&] {
    return boot::evaluate(std::span(&check, 1), boot::facts_of(answers), answers).front().outcome;
  };
  CHECK(outcome() == RowOutcome::failed);
  answers.by_key["failed-units"] = {0, ""};
  CHECK(outcome() == RowOutcome::passed);
}

TEST_CASE("a check without an answer fails, whatever its kind") {
  const auto kind =
      GENERATE(CheckKind::kernel_series, CheckKind::systemd_series, CheckKind::command_line_has,
               CheckKind::command_line_lacks, CheckKind::cgroup_filesystem, CheckKind::selinux_mode,
               CheckKind::fips_enabled, CheckKind::no_failed_units, CheckKind::unit_active,
               CheckKind::file_content, CheckKind::command_output);
  const model::Check check{"a check", kind, "subject", "1"};
  const auto rows = boot::evaluate(std::span(&check, 1), {}, {});
  CHECK(rows.front().outcome == RowOutcome::failed);
  CHECK_FALSE(rows.front().actual.empty());
}

TEST_CASE("a package is judged by the guest's database, or not at all") {
  CHECK(outcome_for(CheckKind::package_series, "openssl", "3.3", Answer{0, "3.3.5-1\n"}) ==
        RowOutcome::passed);
  CHECK(outcome_for(CheckKind::package_series, "openssl", "3.3", Answer{0, "3.0.1-1\n"}) ==
        RowOutcome::failed);
  CHECK(outcome_for(CheckKind::package_series, "openssl", "3.3", Answer{1, "not installed"}) ==
        RowOutcome::failed);
  CHECK(outcome_for(CheckKind::package_series, "openssl", "3.3", Answer{126, ""}) ==
        RowOutcome::not_asked);
  CHECK(outcome_for(CheckKind::package_series, "openssl", "3.3") == RowOutcome::not_asked);
}

TEST_CASE("a unit is active or its state is told") {
  CHECK(outcome_for(CheckKind::unit_active, "sshd.service", "", Answer{0, "active\n"}) ==
        RowOutcome::passed);
  const auto row =
      row_for({"sshd", CheckKind::unit_active, "sshd.service", ""}, Answer{3, "inactive\n"});
  CHECK(row.outcome == RowOutcome::failed);
  CHECK(row.actual == "inactive");
}

TEST_CASE("a file is compared without the blanks around its content") {
  CHECK(outcome_for(CheckKind::file_content, "/etc/hostname", "node", Answer{0, "node\n"}) ==
        RowOutcome::passed);
  CHECK(outcome_for(CheckKind::file_content, "/etc/hostname", "node", Answer{0, "edge\n"}) ==
        RowOutcome::failed);
  CHECK(outcome_for(CheckKind::file_content, "/etc/hostname", "", Answer{1, ""}) ==
        RowOutcome::failed);
}

TEST_CASE("a command must succeed, and its output must match when one is expected") {
  CHECK(outcome_for(CheckKind::command_output, "true", "", Answer{0, "anything"}) ==
        RowOutcome::passed);
  CHECK(outcome_for(CheckKind::command_output, "id -u", "0", Answer{0, "0\n"}) ==
        RowOutcome::passed);
  CHECK(outcome_for(CheckKind::command_output, "id -u", "0", Answer{0, "1\n"}) ==
        RowOutcome::failed);
  CHECK(outcome_for(CheckKind::command_output, "id -u", "0", Answer{1, "0\n"}) ==
        RowOutcome::failed);
}
