// SPDX-License-Identifier: MIT
#pragma once

// A build of which nothing has changed since the last one, told before anything is read.

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/pipeline/build.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/plan/services.hpp>

#include "stage_cache.hpp"
#include "watched_paths.hpp"

namespace imagewright::pipeline {

/// What is built, over and over again.
std::string subject_of(const BuildOptions& options, const std::string& name);

/// One image of a build.
struct BuiltImage {
  std::string name; ///< NAME-ARCH
  std::size_t package_count = 0;
  StageInputs inputs; ///< by which its outputs are found; empty: they are not kept
};

/// Remembers which files a build has looked at, and what it has decided. The next build with the
/// same words, by the same program, to which all of them look the same, needs no plan.
class UnchangedBuild {
public:
  /// Borrows both.
  UnchangedBuild(const BuildOptions& options, const plan::Services& services);

  /// Leaves what is published as it is and writes a report; nothing when anything may be new.
  std::optional<BuildResult> recall();

  /// What the plans depend on, before anything is made from them. `output_directory` is the one
  /// that was decided on.
  void watch(const std::vector<plan::ResolvedPlan>& plans,
             const std::filesystem::path& output_directory, std::vector<base::Diagnostic> warnings);
  void keep(const std::vector<BuiltImage>& images);

private:
  struct Record;

  std::optional<Record> find_record() const;

  const BuildOptions& options_;
  const plan::Services& services_;
  std::chrono::system_clock::time_point began_;
  std::string key_; ///< empty: nothing is kept and nothing found
  std::string watched_;
  std::filesystem::path output_directory_;
  std::vector<base::Diagnostic> warnings_;
};

} // namespace imagewright::pipeline
