// SPDX-License-Identifier: MIT
#pragma once

// What is published already and stays, beside a report of this run.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/fs/publication.hpp>
#include <imagewright/pipeline/build.hpp>
#include <imagewright/plan/services.hpp>
#include <imagewright/report/stage_timings.hpp>

#include "stages/finished_outputs.hpp"

namespace imagewright::pipeline {

/// One more copy of the report, which goes again when nothing is published.
class ExtraReport {
public:
  ExtraReport(const std::filesystem::path& path, const std::string& text);
  ExtraReport(const ExtraReport&) = delete;
  ExtraReport& operator=(const ExtraReport&) = delete;
  ExtraReport(ExtraReport&&) = delete;
  ExtraReport& operator=(ExtraReport&&) = delete;
  ~ExtraReport();

  void keep() { is_kept_ = true; }

private:
  std::filesystem::path path_;
  bool is_kept_ = false;
};

/// Publishes what is staged beside a report of this run, and gives that too. `name` is NAME-ARCH.
std::vector<fs::PublishedFile> publish_with_report(fs::Publication& publication,
                                                   const std::string& name,
                                                   const BuildOptions& options,
                                                   const std::string& report);

/// Says that nothing has changed, and what was warned of, and writes the report anew. Gives all
/// that is published.
std::vector<fs::PublishedFile>
leave_published(const std::string& name, const EarlierOutputs& earlier, const BuildOptions& options,
                const std::vector<StageFinding>& findings, const report::StageTimings& timings,
                report::Reporter& reporter);

} // namespace imagewright::pipeline
