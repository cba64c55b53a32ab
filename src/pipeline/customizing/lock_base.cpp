// SPDX-License-Identifier: MIT
#include <algorithm>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/lock/freshness.hpp>
#include <imagewright/lock/lock_file.hpp>
#include <imagewright/plan/explain_package.hpp>

#include "customizing.hpp"

namespace imagewright::pipeline {

namespace {

/// Of the base: another one, and what of it goes now and did not, or stays after all.
void add_base_changes(std::vector<std::string>& changes, const lock::LockedBase* before,
                      const lock::LockedBase& after) {
  if (before != nullptr && before->digest != after.digest) {
    changes.push_back(
        fmt::format("! base: {} → {}", before->digest.to_string(), after.digest.to_string()));
  }
  const auto old = before != nullptr ? before->erased : std::vector<std::string>();
  for (const std::string& package : after.erased) {
    if (std::ranges::find(old, package) == old.end())
      changes.push_back(fmt::format("- {} of the base", package));
  }
  for (const std::string& package : old) {
    if (std::ranges::find(after.erased, package) == after.erased.end())
      changes.push_back(fmt::format("  {} of the base stays", package));
  }
}

/// "bash" and "bash-5.2-1.x86_64" of the full name "bash-5.2-1.x86_64".
bool is_called(const std::string& full_name, const std::string& name) {
  const auto nevra = model::Nevra::parse(full_name);
  return full_name == name || (nevra && nevra->name == name);
}

[[noreturn]] void refuse_absent(const std::string& package, const lock::BaseLock& lock) {
  std::vector<std::string> names;
  for (const model::LockedPackage& each : lock.packages.packages)
    names.push_back(each.nevra.name);
  for (const std::string& each : lock.base.erased) {
    if (!is_called(each, package)) continue;
    throw base::Error(base::FailureKind::input, "cli.package-not-in-image",
                      fmt::format("{} is in the base, and goes", each),
                      "imagewright plan --image BASE CONFIG says what goes and what comes");
  }
  plan::throw_absent(package, names, "imagewright plan --image BASE --packages CONFIG");
}

} // namespace

plan::LockSummary lock_base(const CustomizeOptions& options, plan::LockAction action,
                            const plan::Services& services) {
  CustomizeOptions decided = options;
  if (action == plan::LockAction::check) decided.lock_use = plan::BaseLockUse::required;
  const lock::BaseLock lock = outline_customizing(decided, services).lock;
  plan::LockSummary summary{.path = lock::lock_path_of(options.plan.config),
                            .package_count = lock.base.kept.size() + lock.packages.packages.size(),
                            .changes = {}};
  if (action == plan::LockAction::check) return summary;
  const auto old = plan::find_lock_with_bases(options.plan.config);
  lock::LockWithBases renewed = old.value_or(lock::LockWithBases{});
  const std::string& architecture = lock.packages.architecture;
  const bool had_base = renewed.bases.contains(architecture);
  const model::ArchitectureLock* before = had_base ? renewed.lock.find(architecture) : nullptr;
  if (!had_base && renewed.lock.find(architecture) != nullptr) {
    summary.changes.push_back(fmt::format(
        "! the lock of what is composed for {} is replaced: one config has one lock for "
        "an architecture",
        architecture));
  }
  add_base_changes(summary.changes, had_base ? &renewed.bases.at(architecture) : nullptr,
                   lock.base);
  for (std::string& change : plan::changes_between(before, lock.packages))
    summary.changes.push_back(std::move(change));
  renewed.lock = lock::with_architecture(std::move(renewed.lock), lock.packages);
  renewed.bases[architecture] = lock.base;
  if (old && renewed == *old) return summary;
  fs::write_file_atomically(summary.path, lock::to_text_with_bases(renewed));
  summary.is_written = true;
  return summary;
}

std::vector<BasePackageReason> explain_base_package(const CustomizeOptions& options,
                                                    const std::string& package,
                                                    const plan::Services& services) {
  // A lock says what comes, and not why.
  CustomizeOptions decided = options;
  decided.lock_use = plan::BaseLockUse::ignored;
  const CustomizeOutline outline = outline_customizing(decided, services);
  std::vector<BasePackageReason> reasons;
  for (const std::string& kept : outline.lock.base.kept) {
    if (is_called(kept, package))
      reasons.push_back({.package = kept, .is_of_base = true, .chains = {}});
  }
  for (const model::LockedPackage& comes : outline.lock.packages.packages) {
    const std::string name = comes.nevra.to_string();
    if (comes.nevra.name != package && name != package) continue;
    BasePackageReason& reason =
        reasons.emplace_back(BasePackageReason{.package = name, .chains = {}});
    for (const auto& explanation : resolve::explain(outline.reasons, name))
      reason.chains.push_back(plan::chain_from(explanation, outline.architecture));
  }
  if (reasons.empty()) refuse_absent(package, outline.lock);
  return reasons;
}

std::string to_text(const std::vector<BasePackageReason>& reasons) {
  std::string text;
  for (const BasePackageReason& reason : reasons) {
    if (reason.is_of_base)
      text += fmt::format("{} is of the base and stays as it is\n", reason.package);
    else if (reason.chains.empty())
      text += fmt::format("{} comes as everything is updated\n", reason.package);
    else
      text += plan::to_text(reason.chains);
  }
  return text;
}

json::Value to_json(const std::vector<BasePackageReason>& reasons) {
  json::Array array;
  for (const BasePackageReason& reason : reasons) {
    array.push_back(json::Object{{"package", reason.package},
                                 {"isOfBase", reason.is_of_base},
                                 {"chains", plan::to_json(reason.chains)}});
  }
  return array;
}

} // namespace imagewright::pipeline
