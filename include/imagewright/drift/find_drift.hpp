// SPDX-License-Identifier: MIT
#pragma once

// Compares a node with the manifest of its image.

#include <filesystem>
#include <string>

#include <imagewright/audit/manifest.hpp>
#include <imagewright/base/cancellation.hpp>
#include <imagewright/drift/report.hpp>

namespace imagewright::drift {

/// What find_drift() is asked.
struct DriftRequest {
  /// The node's root directory, mounted or unpacked. Nothing in it is ever followed out of it,
  /// changed or run.
  std::filesystem::path root;
  const audit::Manifest& manifest; ///< the baseline; never the node's own first state
  /// Added to the manifest's own rules.
  audit::DriftRules rules = {};
  std::string tool_version;
  unsigned thread_count = 1;
};

/// Throws base::Error (drift.no-root, drift.other-image: hardly anything of the manifest is there).
Report find_drift(const DriftRequest& request, const base::Cancellation& cancellation);

} // namespace imagewright::drift
