// SPDX-License-Identifier: MIT
#pragma once

// Puts locked packages into an image root, in one transaction, with their scripts run inside it.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <imagewright/accounts/system_accounts.hpp>
#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/epoch.hpp>
#include <imagewright/model/package.hpp>
#include <imagewright/model/repository.hpp>
#include <imagewright/model/root.hpp>
#include <imagewright/report/reporter.hpp>
#include <imagewright/root/work_root.hpp>
#include <imagewright/sandbox/worker.hpp>

namespace imagewright::install {

/// Whose signatures count for the packages of one repository.
struct RepositoryTrust {
  model::SignatureCheck signatures = model::SignatureCheck::required;
  std::vector<std::string> public_keys; ///< one primary key each, binary or armored
};

enum class ScriptletUse : std::uint8_t { run, left_out };

/// What happens with a package's scripts.
struct ScriptletOptions {
  ScriptletUse use = ScriptletUse::run;
  /// Names of packages whose scripts may fail with a warning.
  std::set<std::string> allowed_failures;
  /// For each script; absent: no limit.
  std::optional<std::chrono::milliseconds> timeout = std::chrono::minutes(10);
  /// Names of programs that do nothing when a script calls them: the caller runs them once, when
  /// everything is there.
  std::set<std::string> deferred_programs;
};

enum class Documentation : std::uint8_t { included, excluded };

/// Everything that the installed root depends on.
struct InstallRequest {
  model::PackageSet packages;
  /// By repository name; a repository that is not named trusts nobody.
  std::map<std::string, RepositoryTrust> trust;
  ScriptletOptions scriptlets;
  /// The time of the installation, and what scripts see as SOURCE_DATE_EPOCH.
  base::Epoch epoch{};
  std::string rpm_database_path = "/var/lib/rpm";
  Documentation documentation = Documentation::included;
  std::vector<std::string> languages; ///< of translated files; empty: all
  /// Accounts of the config, without passwords: files of packages may belong to them.
  std::vector<accounts::UserRecord> users;
  std::vector<accounts::SystemGroup> groups;
  /// Patterns of paths (base::matches_path_pattern); which of them packages own is asked for.
  std::vector<std::string> identity_files;
  /// What was asked for, as written: of a root that is empty, the packages have to answer it.
  std::vector<std::string> wanted = {};
  /// What the root has and keeps; with `erased`, everything that it has. Both empty: it is empty.
  std::vector<model::Nevra> kept;
  /// What goes, be it for good or because `packages` has another version of it.
  std::vector<model::Nevra> erased;
  unsigned thread_count = 1; ///< that verify packages
};

/// What the installed root depends on, each by a name for people ("package curl", "users"): two
/// requests with the same inputs give the same root.
std::map<std::string, std::string> inputs_of(const InstallRequest& request);

/// Takes a private copy of every package, verifies it, then installs all of them into the root and
/// erases what shall go, in one transaction. Throws base::Error (install.…, sandbox.…) and
/// base::Cancelled; the root is then of no use any more. The caller must not have other threads.
model::InstalledRoot install_packages(root::WorkRoot& root, const InstallRequest& request,
                                      const base::Cancellation& cancellation,
                                      report::Reporter& reporter);

/// What this module does in workers, for sandbox::run_worker_if_asked.
std::span<const sandbox::WorkerJob> worker_jobs();

} // namespace imagewright::install
