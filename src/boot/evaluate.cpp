// SPDX-License-Identifier: MIT
#include "boot/evaluate.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include <imagewright/base/key_value.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/version_series.hpp>
#include <imagewright/model/kernel_command_line.hpp>

#include "boot/guest_script.hpp"

namespace imagewright::boot {

namespace {

/// What a guest without an rpm database answers about packages: "cannot be executed" of POSIX
/// shells.
constexpr int k_not_available = 126;
constexpr std::string_view k_unknown = "(no answer)";

/// The first line is "systemd 255 (255.20-1.azl3)".
std::string systemd_version_of(std::string_view output) {
  const std::string first(output.substr(0, output.find('\n')));
  const auto words = base::split_whitespace(first);
  if (words.size() >= 3 && words[2].size() > 2 && words[2].front() == '(') {
    return words[2].substr(1, words[2].size() - 2);
  }
  return words.size() >= 2 ? words[1] : std::string();
}

/// Lines "sha256:4 HEX".
std::map<std::string, std::string> registers_in(const std::string& text) {
  std::map<std::string, std::string> registers;
  for (const std::string& line : base::split(text, '\n')) {
    const auto words = base::split_whitespace(line);
    if (words.size() == 2) registers[words[0]] = base::to_lower(words[1]);
  }
  return registers;
}

std::chrono::milliseconds startup_of(const std::string& microseconds) {
  std::int64_t count = 0;
  std::from_chars(microseconds.data(), microseconds.data() + microseconds.size(), count);
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::microseconds(count));
}

ReportRow row(const model::Check& check, std::string expected, std::string actual, bool holds) {
  if (actual.empty()) actual = k_unknown;
  return {check.name, std::move(expected), std::move(actual),
          holds ? RowOutcome::passed : RowOutcome::failed};
}

ReportRow equality_row(const model::Check& check, const std::string& actual) {
  return row(check, check.expected, actual, actual == check.expected);
}

ReportRow series_row(const model::Check& check, const std::string& actual) {
  return row(check, check.expected, actual, base::is_in_series(actual, check.expected));
}

/// The word of the command line that is `argument` or sets it; nothing when there is none.
std::optional<std::string> find_argument(const GuestFacts& facts, const std::string& argument) {
  for (const std::string& word : model::kernel_words(facts.command_line)) {
    if (word == argument || word.rfind(argument + "=", 0) == 0) return word;
  }
  return std::nullopt;
}

ReportRow command_line_has_row(const model::Check& check, const GuestFacts& facts) {
  // Boot loaders put quotes where they like: what counts is what the kernel reads.
  const auto expected = model::kernel_parameter(check.expected);
  const auto words = model::kernel_words(facts.command_line);
  const bool is_there = std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return model::kernel_parameter(word) == expected;
  });
  if (is_there) return row(check, check.expected, check.expected, true);
  // The same argument with another value says more than the whole line.
  const std::string name = check.expected.substr(0, check.expected.find('='));
  return row(check, check.expected, find_argument(facts, name).value_or("absent"), false);
}

ReportRow command_line_lacks_row(const model::Check& check, const GuestFacts& facts) {
  const auto word = find_argument(facts, check.expected);
  const bool is_known = !facts.command_line.empty();
  return row(check, "no " + check.expected, word.value_or(is_known ? "absent" : ""),
             is_known && !word);
}

ReportRow no_failed_units_row(const model::Check& check, const GuestFacts& facts,
                              const Answers& answers) {
  const bool is_known = answers.find_text("failed-units").has_value();
  const bool holds = is_known && facts.failed_units.empty();
  return row(check, "none", holds ? "none" : base::join(facts.failed_units, " "), holds);
}

ReportRow package_row(const model::Check& check, const Answer* answer) {
  if (answer == nullptr || answer->status == k_not_available) {
    return {check.name, check.expected, "no package database in the guest", RowOutcome::not_asked};
  }
  if (answer->status != 0) return row(check, check.expected, "not installed", false);
  return series_row(check, std::string(base::trimmed(answer->text)));
}

ReportRow unit_row(const model::Check& check, const Answer* answer) {
  // `systemctl is-active` tells the state also when it exits with a failure.
  return row(check, "active", answer == nullptr ? "" : std::string(base::trimmed(answer->text)),
             answer != nullptr && base::trimmed(answer->text) == "active");
}

ReportRow unit_state_row(const model::Check& check, const Answer* answer) {
  if (answer == nullptr) return row(check, check.expected, "", false);
  // `systemctl is-enabled` says nothing of a unit that there is not, but fails.
  const std::string state(base::trimmed(answer->text));
  return row(check, check.expected, state.empty() ? "not-found" : state, state == check.expected);
}

ReportRow file_row(const model::Check& check, const Answer* answer) {
  if (answer == nullptr || answer->status != 0) {
    return row(check, check.expected, answer == nullptr ? "" : "cannot be read", false);
  }
  const std::string content(base::trimmed(answer->text));
  return row(check, check.expected, content.empty() ? "(empty)" : content,
             content == base::trimmed(check.expected));
}

ReportRow command_row(const model::Check& check, const Answer* answer) {
  const std::string_view wanted = base::trimmed(check.expected);
  std::string expected(wanted.empty() ? "exit status 0" : wanted);
  if (answer == nullptr) return row(check, std::move(expected), "", false);
  const std::string output(base::trimmed(answer->text));
  if (answer->status != 0) {
    return row(check, std::move(expected), fmt::format("exit status {} {}", answer->status, output),
               false);
  }
  const bool holds = wanted.empty() || output == wanted;
  return row(check, std::move(expected), output.empty() ? "exit status 0" : output, holds);
}

ReportRow evaluate_one(const model::Check& check, const GuestFacts& facts, const Answers& answers,
                       const Answer* answer) {
  switch (check.kind) {
  case model::CheckKind::kernel_series:
    return series_row(check, facts.kernel_release);
  case model::CheckKind::systemd_series:
    return series_row(check, facts.systemd_version);
  case model::CheckKind::package_series:
    return package_row(check, answer);
  case model::CheckKind::command_line_has:
    return command_line_has_row(check, facts);
  case model::CheckKind::command_line_lacks:
    return command_line_lacks_row(check, facts);
  case model::CheckKind::cgroup_filesystem:
    return equality_row(check, facts.cgroup_filesystem);
  case model::CheckKind::selinux_mode:
    return equality_row(check, facts.selinux_mode);
  case model::CheckKind::fips_enabled:
    return equality_row(check, facts.fips_enabled);
  case model::CheckKind::no_failed_units:
    return no_failed_units_row(check, facts, answers);
  case model::CheckKind::unit_active:
    return unit_row(check, answer);
  case model::CheckKind::unit_state:
    return unit_state_row(check, answer);
  case model::CheckKind::file_content:
    return file_row(check, answer);
  case model::CheckKind::command_output:
    return command_row(check, answer);
  }
  return {};
}

} // namespace

GuestFacts facts_of(const Answers& answers) {
  const auto text = [&](const char* key) { return answers.find_text(key).value_or(""); };
  GuestFacts facts;
  facts.kernel_release = text("kernel-release");
  facts.systemd_version = systemd_version_of(text("systemd-version"));
  facts.command_line = text("command-line");
  facts.cgroup_filesystem = text("cgroup-filesystem");
  facts.selinux_mode = text("selinux-mode");
  facts.fips_enabled = text("fips-enabled");
  // `is-system-running` exits with a failure for every state but "running".
  const auto state = answers.by_key.find("system-state");
  if (state != answers.by_key.end()) facts.system_state = base::trimmed(state->second.text);
  facts.operating_system = base::find_value(text("os-release"), "PRETTY_NAME").value_or("");
  facts.failed_units = base::split_whitespace(text("failed-units"));
  std::sort(facts.failed_units.begin(), facts.failed_units.end());
  const auto status = answers.by_key.find("failed-units-status");
  if (status != answers.by_key.end())
    facts.failed_units_status = base::trimmed(status->second.text);
  facts.registers = registers_in(text("registers"));
  facts.startup_duration = startup_of(text("startup"));
  return facts;
}

std::vector<ReportRow> evaluate(std::span<const model::Check> checks, const GuestFacts& facts,
                                const Answers& answers) {
  std::vector<ReportRow> rows;
  for (std::size_t index = 0; index < checks.size(); ++index) {
    const auto answer = answers.by_key.find(answer_key(index));
    rows.push_back(evaluate_one(checks[index], facts, answers,
                                answer == answers.by_key.end() ? nullptr : &answer->second));
  }
  return rows;
}

} // namespace imagewright::boot
