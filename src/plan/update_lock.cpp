// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/lock/freshness.hpp>
#include <imagewright/lock/lock_file.hpp>
#include <imagewright/plan/customize_lock.hpp>
#include <imagewright/plan/fetch_images.hpp>
#include <imagewright/plan/lock_freshness.hpp>
#include <imagewright/plan/repositories.hpp>
#include <imagewright/plan/update_lock.hpp>

namespace imagewright::plan {

namespace {

/// Name and architecture: what stays the same when a package moves to another version.
using PackageKey = std::pair<std::string, std::string>;

/// What a lock says of one name and architecture. Packages that may be installed in several
/// versions, such as kernels, have several of each.
struct LockedFacts {
  std::vector<std::string> versions;
  std::vector<std::string> checksums;
  std::vector<std::string> repositories;
};

std::map<PackageKey, LockedFacts> facts_in(const model::ArchitectureLock* lock) {
  std::map<PackageKey, LockedFacts> facts;
  if (lock == nullptr) return facts;
  for (const model::LockedPackage& package : lock->packages) {
    LockedFacts& known = facts[{package.nevra.name, package.nevra.architecture}];
    known.versions.push_back(package.nevra.evr());
    known.checksums.push_back(package.checksum.to_string());
    known.repositories.push_back(package.repository);
  }
  return facts;
}

/// The same version with another content is worth a second look: somebody has built it again, or
/// replaced it.
std::string change_of(const PackageKey& key, const LockedFacts& before, const LockedFacts& after) {
  const std::string name = fmt::format("  {}.{}", key.first, key.second);
  const auto moved = [](const std::vector<std::string>& from, const std::vector<std::string>& to) {
    return fmt::format("{} → {}", base::join(from, ", "), base::join(to, ", "));
  };
  if (before.versions != after.versions)
    return fmt::format("{}: {}", name, moved(before.versions, after.versions));
  const std::string version = base::join(after.versions, ", ");
  if (before.checksums != after.checksums) {
    return fmt::format("! {}.{}: {} is another file: {}", key.first, key.second, version,
                       moved(before.checksums, after.checksums));
  }
  if (before.repositories != after.repositories) {
    return fmt::format("{}: {} from another repository: {}", name, version,
                       moved(before.repositories, after.repositories));
  }
  return {};
}

void add_package_changes(std::vector<std::string>& changes, const model::ArchitectureLock* before,
                         const model::ArchitectureLock& after) {
  const auto old_facts = facts_in(before);
  const auto new_facts = facts_in(&after);
  std::map<PackageKey, std::string> lines;
  const auto whole = [](char sign, const PackageKey& key, const LockedFacts& facts) {
    return fmt::format("{} {}-{}.{}", sign, key.first, base::join(facts.versions, ", "),
                       key.second);
  };
  for (const auto& [key, facts] : old_facts) {
    if (!new_facts.contains(key)) lines[key] = whole('-', key, facts);
  }
  for (const auto& [key, facts] : new_facts) {
    const auto old = old_facts.find(key);
    std::string line =
        old == old_facts.end() ? whole('+', key, facts) : change_of(key, old->second, facts);
    if (!line.empty()) lines[key] = std::move(line);
  }
  for (auto& [key, line] : lines)
    changes.push_back(std::move(line));
}

/// Who may sign is as much worth a look as what is installed.
void add_key_changes(std::vector<std::string>& changes, const model::ArchitectureLock* before,
                     const model::ArchitectureLock& after) {
  if (before == nullptr) return;
  const auto words = [](const std::vector<std::string>& keys) {
    return keys.empty() ? std::string("none") : base::join(keys, ", ");
  };
  for (const model::LockedRepository& repository : after.repositories) {
    const auto old =
        std::ranges::find(before->repositories, repository.name, &model::LockedRepository::name);
    if (old == before->repositories.end() || old->key_fingerprints == repository.key_fingerprints)
      continue;
    changes.push_back(fmt::format("! repository {}: keys {} → {}", repository.name,
                                  words(old->key_fingerprints),
                                  words(repository.key_fingerprints)));
  }
}

/// A name that nothing answers to was mistyped, and nothing would move.
class UpdatedNames {
public:
  explicit UpdatedNames(const std::optional<std::vector<std::string>>& updated)
      : unmatched_(updated.value_or(std::vector<std::string>())) {}

  void see(const model::ArchitectureLock& entry) {
    std::vector<model::LockedPackage> packages = packages_of(entry.stored);
    packages.insert(packages.end(), entry.packages.begin(), entry.packages.end());
    for (const model::LockedPackage& package : packages) {
      known_.insert(package.nevra.name);
      std::erase_if(unmatched_, [&](const std::string& pattern) {
        return base::matches_glob(package.nevra.name, pattern);
      });
    }
  }

  void require_known() const {
    if (unmatched_.empty()) return;
    const std::vector<std::string> names(known_.begin(), known_.end());
    std::string hint = base::did_you_mean(unmatched_.front(), names);
    if (hint.empty()) hint = "imagewright plan --packages CONFIG lists the packages that there are";
    throw base::Error(
        base::FailureKind::input, "lock.unknown-package",
        fmt::format("no package {} is in the lock or would be", base::quoted(unmatched_.front())),
        std::move(hint));
  }

private:
  std::vector<std::string> unmatched_;
  std::set<std::string> known_;
};

/// The packages that must stay: those of the old lock, less those that may move.
std::vector<model::LockedPackage> pins_for(const model::ArchitectureLock* old,
                                           const LockOptions& options) {
  if (old == nullptr) return {};
  return options.updated ? lock::pins_of(*old, *options.updated) : old->packages;
}

/// Likewise of those that are stored.
std::vector<model::LockedPackage> stored_pins_for(const model::ArchitectureLock* old,
                                                  const LockOptions& options) {
  if (old == nullptr) return {};
  model::ArchitectureLock stored = *old;
  stored.packages = packages_of(old->stored);
  return pins_for(&stored, options);
}

std::map<std::string, model::LockedPackage> stored_in(const model::ArchitectureLock* lock) {
  std::map<std::string, model::LockedPackage> stored;
  if (lock == nullptr) return stored;
  for (const model::StoredPackage& each : lock->stored)
    stored.emplace(each.path(), each.package);
  return stored;
}

/// "+ /opt/packages/kubelet-1.30.0-1.x86_64.rpm"
void add_stored_changes(std::vector<std::string>& changes, const model::ArchitectureLock* before,
                        const model::ArchitectureLock& after) {
  const auto old = stored_in(before);
  const auto now = stored_in(&after);
  for (const auto& [path, package] : old) {
    if (!now.contains(path)) changes.push_back("- " + path);
  }
  for (const auto& [path, package] : now) {
    const auto known = old.find(path);
    if (known == old.end()) {
      changes.push_back("+ " + path);
    } else if (known->second.checksum != package.checksum) {
      changes.push_back(fmt::format("! {} is another file: {} → {}", path,
                                    known->second.checksum.to_string(),
                                    package.checksum.to_string()));
    } else if (known->second.repository != package.repository) {
      changes.push_back(fmt::format("  {} from another repository: {} → {}", path,
                                    known->second.repository, package.repository));
    }
  }
}

/// Whether a lock says the same but for the metadata that the answer was found in. Repositories
/// move on every day; an image that gets nothing new from them stays the image that it was.
bool says_the_same(const model::ArchitectureLock& before, model::ArchitectureLock after) {
  if (before.repositories.size() != after.repositories.size()) return false;
  for (std::size_t index = 0; index < after.repositories.size(); ++index)
    after.repositories[index].metadata = before.repositories[index].metadata;
  return after == before;
}

} // namespace

std::vector<std::string> changes_between(const model::ArchitectureLock* before,
                                         const model::ArchitectureLock& after) {
  std::vector<std::string> changes;
  add_key_changes(changes, before, after);
  add_package_changes(changes, before, after);
  add_stored_changes(changes, before, after);
  return changes;
}

LockSummary update_lock(const LockOptions& options, const Services& services) {
  PlannedBuild planned = plan_build(options.plan);
  const std::filesystem::path path = lock::lock_path_of(options.plan.config);
  const auto file = find_lock_with_bases(options.plan.config);
  const std::optional<model::Lock> old = file ? std::optional(file->lock) : std::nullopt;
  lock::LockWithBases renewed = file.value_or(lock::LockWithBases{});
  LockSummary summary{.path = path};
  UpdatedNames updated(options.updated);
  for (BuildPlan& plan : planned.plans) {
    identify_container_images(plan, options.network, services);
    if (options.action == LockAction::check) {
      summary.package_count += require_fresh(old, plan).packages.size();
      continue;
    }
    const model::ArchitectureLock* before = old ? old->find(plan.architecture.name) : nullptr;
    PlanRepositories repositories(plan, options.network, services);
    model::ArchitectureLock entry =
        lock_from(plan, repositories.resolve(plan, pins_for(before, options),
                                             {.snapshot = options.snapshot,
                                              .stored_pins = stored_pins_for(before, options)}));
    summary.package_count += entry.packages.size();
    if (before != nullptr) updated.see(*before);
    updated.see(entry);
    if (const auto base = renewed.bases.find(entry.architecture); base != renewed.bases.end()) {
      summary.changes.push_back(
          fmt::format("! the lock of {} is replaced, on base {}: one config has one lock for an "
                      "architecture",
                      entry.architecture, base->second.digest.to_string()));
    }
    for (std::string& change : changes_between(before, entry)) {
      summary.changes.push_back(std::move(change));
    }
    if (before != nullptr && says_the_same(*before, entry)) continue;
    renewed.bases.erase(entry.architecture);
    renewed.lock = lock::with_architecture(std::move(renewed.lock), std::move(entry));
  }
  updated.require_known();
  if (options.action == LockAction::write && (!old || renewed.lock != *old)) {
    fs::write_file_atomically(path, lock::to_text_with_bases(renewed));
    summary.is_written = true;
  }
  return summary;
}

} // namespace imagewright::plan
