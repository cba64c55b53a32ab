// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/boot/boot_report.hpp>

namespace imagewright::boot {

namespace {

/// Text in an attribute (XML 1.0, sections 2.2 and 2.3). Control characters have no place in XML,
/// not even as references.
std::string xml(std::string_view text) {
  std::string result;
  bool is_first_line = true;
  for (const std::string& line : base::split(text, '\n')) {
    if (!is_first_line) result += "&#10;";
    is_first_line = false;
    for (const char byte : base::escape_controls(line)) {
      if (byte == '&') {
        result += "&amp;";
      } else if (byte == '<') {
        result += "&lt;";
      } else if (byte == '>') {
        result += "&gt;";
      } else if (byte == '"') {
        result += "&quot;";
      } else {
        result += byte;
      }
    }
  }
  return result;
}

std::string test_case(const ReportRow& row, std::string_view suite) {
  const std::string start =
      fmt::format("    <testcase classname=\"{}\" name=\"{}\"", xml(suite), xml(row.check));
  if (row.outcome == RowOutcome::passed) return start + "/>\n";
  const std::string inside = row.outcome == RowOutcome::failed
                                 ? fmt::format("failure message=\"expected {}, found {}\"",
                                               xml(row.expected), xml(row.actual))
                                 : fmt::format("skipped message=\"{}\"", xml(row.actual));
  return fmt::format("{}>\n      <{}/>\n    </testcase>\n", start, inside);
}

} // namespace

std::string to_junit(const BootReport& report, std::string_view suite) {
  std::size_t failures = 0;
  std::size_t skipped = 0;
  std::string cases;
  for (const ReportRow& row : report.rows) {
    if (row.outcome == RowOutcome::failed) ++failures;
    if (row.outcome == RowOutcome::not_asked) ++skipped;
    cases += test_case(row, suite);
  }
  const double seconds = std::chrono::duration<double>(report.duration).count();
  return fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
                     "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" "
                     "skipped=\"{}\" time=\"{:.3f}\">\n{}  </testsuite>\n</testsuites>\n",
                     xml(suite), report.rows.size(), failures, skipped, seconds, cases);
}

} // namespace imagewright::boot
