// SPDX-License-Identifier: MIT
#pragma once

// What of a node differs from the image that it was made from, and how it is told.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/json/value.hpp>

namespace imagewright::drift {

enum class DriftClass : std::uint8_t {
  expected,    ///< a rule says that it changes
  explained,   ///< a package's update with a good signature brought exactly this
  unexplained, ///< neither
  unreadable,  ///< nobody can tell
};

/// "expected", "explained", "unexplained", "unreadable"
std::string_view to_string(DriftClass drift_class);

/// What a finding is about.
enum class FindingKind : std::uint8_t { file, package, setting };

/// "file", "package", "setting"
std::string_view to_string(FindingKind kind);

/// One difference.
struct Finding {
  FindingKind kind = FindingKind::file;
  std::string subject; ///< a path, a package, a check
  DriftClass drift_class = DriftClass::unexplained;
  std::string what;   ///< "content", "mode 0755 -> 4755", "added", "removed"
  std::string reason; ///< why it is of its class

  auto operator<=>(const Finding&) const = default;
};

struct Report {
  std::string image;             ///< NAME-ARCH of the manifest
  std::string tool_version;      ///< of whoever looked
  std::size_t file_count = 0;    ///< of the manifest's that were compared
  std::size_t package_count = 0; ///< in the node's database
  /// Checks of the manifest that were asked; none of a tree that does not run.
  std::size_t check_count = 0;
  bool is_running = false;
  std::vector<Finding> findings; ///< sorted by kind and subject

  std::size_t count(DriftClass drift_class) const;
};

/// For people.
std::string to_text(const Report& report);
/// For programs.
json::Value to_json(const Report& report);
/// SARIF 2.1.0, for services that show findings.
json::Value to_sarif(const Report& report);
/// The text format of Prometheus, for node_exporter's directory of text files.
std::string to_prometheus(const Report& report);
/// One line of at most 80 letters, for Node Problem Detector's custom plugins.
std::string to_npd(const Report& report);

} // namespace imagewright::drift
