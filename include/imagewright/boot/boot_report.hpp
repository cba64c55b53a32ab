// SPDX-License-Identifier: MIT
#pragma once

// What a booted image said about itself, held against what was promised.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/json/value.hpp>

namespace imagewright::boot {

/// What the running system is like. Empty texts: the guest could not tell.
struct GuestFacts {
  std::string kernel_release;            ///< "6.6.134.1-2.azl3"
  std::string systemd_version;           ///< "255.20-1"; without the package's release when unknown
  std::string command_line;              ///< /proc/cmdline
  std::string cgroup_filesystem;         ///< "cgroup2fs"
  std::string selinux_mode;              ///< "disabled", "permissive", "enforcing"
  std::string fips_enabled;              ///< "0" or "1"
  std::string system_state;              ///< "running", "degraded", …
  std::string operating_system;          ///< PRETTY_NAME of os-release
  std::vector<std::string> failed_units; ///< sorted
  /// The end of `systemctl status` for the failed units.
  std::string failed_units_status;
  /// Of its TPM, in hexadecimal digits, by bank and number: "sha256:4"; empty: it has none.
  std::map<std::string, std::string> registers;
  /// From the kernel's start until systemd had nothing left to do; zero when unknown.
  std::chrono::milliseconds startup_duration{0};

  bool operator==(const GuestFacts&) const = default;
};

enum class RowOutcome : std::uint8_t {
  passed,
  failed,
  not_asked, ///< the guest has no means to answer; neither good nor bad
};

std::string_view to_string(RowOutcome outcome);

/// One check and its answer.
struct ReportRow {
  std::string check;
  std::string expected;
  std::string actual;
  RowOutcome outcome = RowOutcome::not_asked;

  bool operator==(const ReportRow&) const = default;
};

struct BootReport {
  /// In the order of the request's checks.
  std::vector<ReportRow> rows;
  GuestFacts facts;
  std::filesystem::path serial_log;
  /// Of the virtual machine, from start to power-off.
  std::chrono::milliseconds duration{0};

  bool operator==(const BootReport&) const = default;

  bool has_failures() const;
};

/// A table for people, ending with a newline.
std::string to_text(const BootReport& report);
json::Value to_json(const BootReport& report);
/// As JUnit's XML, which CI services show: a test case for each check; `suite` is the image's name.
std::string to_junit(const BootReport& report, std::string_view suite);

} // namespace imagewright::boot
