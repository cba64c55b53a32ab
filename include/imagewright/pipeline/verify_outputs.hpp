// SPDX-License-Identifier: MIT
#pragma once

// Makes published images again, from what stands beside them, and says whether they are the same.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/audit/comparison.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/plan/build_plan.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/plan/services.hpp>
#include <imagewright/sandbox/privilege.hpp>

namespace imagewright::pipeline {

struct VerifyOptions {
  std::filesystem::path directory; ///< where a build published
  std::filesystem::path config;    ///< empty: where the config stood then
  std::filesystem::path base = {}; ///< empty: where the image stood that was customized
  std::vector<plan::RepositoryOverride> repositories; ///< in place of those of the build
  std::vector<std::filesystem::path> key_files;       ///< as for the build
  plan::NetworkUse network = plan::NetworkUse::allowed;
  std::vector<std::filesystem::path> release_directories;
  std::string tool_version;
  std::optional<sandbox::Rung> rung;    ///< absent: the first of the ladder that works here
  std::filesystem::path machine_kernel; ///< as of BuildOptions
};

/// One file that was made again.
struct VerifiedFile {
  std::string name;
  bool is_same = false;
  base::Digest digest = {}; ///< of what was made

  bool operator==(const VerifiedFile&) const = default;
};

struct Verification {
  std::vector<VerifiedFile> files; ///< by name; reports, which tell of one run, are not among them
  /// Of each image that differs, or else of the manifests.
  audit::Comparison differences;

  bool is_same() const;
};

/// First checks SHA256SUMS, then composes every image of the directory anew in a temporary
/// directory. Throws base::Error: pipeline.published-file-changed (a verification failure),
/// pipeline.cannot-verify, pipeline.config-changed, and what a build throws.
Verification verify_outputs(const VerifyOptions& options, const plan::Services& services);
/// The same for directories of several builds in place of the one of the options; the names of
/// files then begin with that of their directory.
Verification verify_sets(const VerifyOptions& options,
                         const std::vector<std::filesystem::path>& directories,
                         const plan::Services& services);

std::string to_text(const Verification& verification);
json::Value to_json(const Verification& verification);

} // namespace imagewright::pipeline
