// SPDX-License-Identifier: MIT
#pragma once

// The report of a base that was customized: what is needed to do it again, and what was done.

#include <optional>
#include <string>
#include <vector>

#include <imagewright/json/value.hpp>
#include <imagewright/model/artifact.hpp>

#include "customizing.hpp"

namespace imagewright::pipeline {

/// What became of a base, and where.
struct CustomizingFindings {
  sandbox::Rung rung = sandbox::Rung::root;
  const std::vector<PartitionReport>& partitions;
  const std::vector<model::Artifact>& artifacts;
};

/// The text of NAME-ARCH.report.json.
std::string customizing_report(const Customizing& customizing, const CustomizingFindings& findings);

/// What such a report says of the base.
struct ReportedBase {
  std::filesystem::path path;                    ///< absolute
  std::optional<model::ImageFormat> base_format; ///< absent: found from the content
  lock::BaseLock lock;
};

/// Absent: nothing was customized. Throws base::Error (json.…, lock.…).
std::optional<ReportedBase> find_reported_base(const json::Value& report, const std::string& file);

} // namespace imagewright::pipeline
