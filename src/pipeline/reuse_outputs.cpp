// SPDX-License-Identifier: MIT
#include "reuse_outputs.hpp"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>

#include <imagewright/fs/file.hpp>

#include "build_report.hpp"
#include "host/workplace.hpp"

namespace imagewright::pipeline {

ExtraReport::ExtraReport(const std::filesystem::path& path, const std::string& text) : path_(path) {
  if (!path_.empty()) fs::write_file_atomically(path_, text);
}

ExtraReport::~ExtraReport() {
  std::error_code ignored;
  if (!is_kept_ && std::filesystem::is_regular_file(path_, ignored))
    std::filesystem::remove(path_, ignored);
}

std::vector<fs::PublishedFile> publish_with_report(fs::Publication& publication,
                                                   const std::string& name,
                                                   const BuildOptions& options,
                                                   const std::string& report) {
  stage_report(publication, name, report);
  ExtraReport extra(options.report_file, report);
  std::vector<fs::PublishedFile> files = publication.publish();
  extra.keep();
  return files;
}

std::vector<fs::PublishedFile>
leave_published(const std::string& name, const EarlierOutputs& earlier, const BuildOptions& options,
                const std::vector<StageFinding>& findings, const report::StageTimings& timings,
                report::Reporter& reporter) {
  for (const base::Diagnostic& warning : earlier.warnings)
    reporter.warning(warning);
  reporter.message(
      report::Level::info,
      fmt::format("{}: nothing changed since it was built; what is published stays", name));
  const std::string report = reused_report_text(earlier.report, findings, timings);
  fs::Publication publication(options.output_directory);
  std::vector<fs::PublishedFile> files = publish_with_report(publication, name, options, report);
  // Named as this call names the directory, whatever the last one called it.
  for (const fs::PublishedFile& file : earlier.files)
    files.push_back({options.output_directory / file.path.filename(), file.digest});
  std::ranges::sort(files, {}, &fs::PublishedFile::path);
  return files;
}

} // namespace imagewright::pipeline
