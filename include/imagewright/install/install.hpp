// SPDX-License-Identifier: MIT
#pragma once

// Puts locked packages into an image root, in one transaction, with their scripts run inside it.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/epoch.hpp>
#include <imagewright/model/package.hpp>
#include <imagewright/model/repository.hpp>
#include <imagewright/model/root.hpp>
#include <imagewright/report/reporter.hpp>
#include <imagewright/sandbox/sandbox.hpp>

namespace imagewright::install {

/// Whose signatures count for the packages of one repository.
struct RepositoryTrust {
  model::SignatureCheck signatures = model::SignatureCheck::required;
  std::vector<std::string> public_keys; ///< armored text, each
};

enum class ScriptletUse : std::uint8_t { run, left_out };

/// What happens with a package's scripts.
struct ScriptletOptions {
  ScriptletUse use = ScriptletUse::run;
  /// Names of packages whose scripts may fail with a warning.
  std::set<std::string> allowed_failures;
  /// For each script; absent: no limit.
  std::optional<std::chrono::milliseconds> timeout = std::chrono::minutes(10);
};

enum class Documentation : std::uint8_t { included, excluded };

/// Everything that the installed root depends on.
struct InstallRequest {
  model::PackageSet packages;
  std::filesystem::path root; ///< an existing directory, usually empty
  /// By repository name; a repository that is not named trusts nobody.
  std::map<std::string, RepositoryTrust> trust;
  ScriptletOptions scriptlets;
  /// The time of the installation, and what scripts see as SOURCE_DATE_EPOCH.
  base::Epoch epoch{};
  std::string rpm_database_path = "/var/lib/rpm";
  Documentation documentation = Documentation::included;
  std::vector<std::string> languages; ///< of translated files; empty: all
  /// Absent: packages of the host's architecture.
  std::optional<sandbox::Emulator> emulator;
  /// As in sandbox::SandboxOptions.
  std::filesystem::path metadata_record;
  unsigned thread_count = 1; ///< that verify packages
};

/// Verifies every package, then installs all of them. Throws base::Error (install.…, sandbox.…) and
/// base::Cancelled; the root is then of no use any more. The caller must not have other threads.
model::InstalledRoot install_packages(const InstallRequest& request,
                                      const base::Cancellation& cancellation,
                                      report::Reporter& reporter);

} // namespace imagewright::install
