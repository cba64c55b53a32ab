// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/boot/boot_report.hpp>

namespace imagewright::boot {

namespace {

using Cells = std::array<std::string, 4>;

constexpr std::size_t k_widest_cell = 60;

std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
  }));
}

/// One line, for the eye: the JSON form has the whole text.
std::string cell(std::string_view text) {
  const std::string first(text.substr(0, text.find('\n')));
  std::string shown = base::escape_controls(first);
  if (first.size() != text.size()) shown += " …";
  return shown;
}

std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, width_of(text)), ' ');
}

std::string table(const std::vector<Cells>& lines) {
  std::array<std::size_t, 4> widths{};
  for (const Cells& line : lines) {
    for (std::size_t column = 0; column < line.size(); ++column) {
      widths[column] = std::max(widths[column], std::min(width_of(line[column]), k_widest_cell));
    }
  }
  std::string text;
  for (const Cells& line : lines) {
    std::string shown;
    for (std::size_t column = 0; column < line.size(); ++column) {
      if (column > 0) shown += "  ";
      shown += padded(line[column], widths[column]);
    }
    text += shown.substr(0, shown.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string verdict(const BootReport& report) {
  const auto count = [&](RowOutcome outcome) {
    return std::count_if(report.rows.begin(), report.rows.end(),
                         [&](const ReportRow& row) { return row.outcome == outcome; });
  };
  std::string text =
      fmt::format("{} passed, {} failed", count(RowOutcome::passed), count(RowOutcome::failed));
  if (const auto not_asked = count(RowOutcome::not_asked); not_asked > 0) {
    text += fmt::format(", {} not asked", not_asked);
  }
  return text + "\n";
}

double seconds(std::chrono::milliseconds duration) {
  return static_cast<double>(duration.count()) / 1000.0;
}

json::Value facts_json(const GuestFacts& facts) {
  json::Object registers;
  for (const auto& [name, value] : facts.registers)
    registers.emplace_back(name, value);
  return json::Object{
      {"operatingSystem", facts.operating_system},
      {"kernelRelease", facts.kernel_release},
      {"systemdVersion", facts.systemd_version},
      {"commandLine", facts.command_line},
      {"cgroupFilesystem", facts.cgroup_filesystem},
      {"selinuxMode", facts.selinux_mode},
      {"fipsEnabled", facts.fips_enabled},
      {"systemState", facts.system_state},
      {"failedUnits", json::Array(facts.failed_units.begin(), facts.failed_units.end())},
      {"registers", std::move(registers)},
      {"startupSeconds", seconds(facts.startup_duration)},
  };
}

} // namespace

std::string_view to_string(RowOutcome outcome) {
  switch (outcome) {
  case RowOutcome::passed:
    return "passed";
  case RowOutcome::failed:
    return "failed";
  case RowOutcome::not_asked:
    return "not asked";
  }
  return {};
}

bool BootReport::has_failures() const {
  return std::any_of(rows.begin(), rows.end(),
                     [](const ReportRow& row) { return row.outcome == RowOutcome::failed; });
}

std::string to_text(const BootReport& report) {
  const GuestFacts& facts = report.facts;
  std::string text =
      fmt::format("{}, kernel {}, systemd {}, {} after {:.1f} s\n\n", cell(facts.operating_system),
                  cell(facts.kernel_release), cell(facts.systemd_version), cell(facts.system_state),
                  seconds(facts.startup_duration));
  std::vector<Cells> lines{{"check", "expected", "actual", "result"}};
  for (const ReportRow& row : report.rows) {
    lines.push_back({cell(row.check), cell(row.expected), cell(row.actual),
                     std::string(to_string(row.outcome))});
  }
  text += table(lines) + "\n" + verdict(report);
  for (const std::string& line : base::split(facts.failed_units_status, '\n')) {
    if (!line.empty()) text += "  " + base::escape_controls(line) + "\n";
  }
  return text;
}

json::Value to_json(const BootReport& report) {
  json::Array rows;
  for (const ReportRow& row : report.rows) {
    rows.push_back(json::Object{{"check", row.check},
                                {"expected", row.expected},
                                {"actual", row.actual},
                                {"result", to_string(row.outcome)}});
  }
  return json::Object{{"imagewrightBoot", 1},
                      {"passed", !report.has_failures()},
                      {"checks", std::move(rows)},
                      {"facts", facts_json(report.facts)},
                      {"serialLog", report.serial_log.string()},
                      {"durationSeconds", seconds(report.duration)}};
}

} // namespace imagewright::boot
