// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/finalize/package_references.hpp>
#include <imagewright/lock/lock_file.hpp>
#include <imagewright/plan/bringers.hpp>
#include <imagewright/plan/fetch_images.hpp>
#include <imagewright/plan/lock_freshness.hpp>
#include <imagewright/plan/output_format.hpp>
#include <imagewright/plan/repositories.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/policy/system_policy.hpp>

namespace imagewright::plan {

namespace {

base::Epoch newest_build_time(const model::ArchitectureLock& lock) {
  base::Epoch newest{};
  for (const model::LockedPackage& package : lock.packages) {
    newest = std::max(newest, package.build_time);
  }
  return newest;
}

void tell_missing_references(const BuildPlan& plan, const ResolvedPackages& resolved,
                             PlanRepositories& repositories, report::Reporter& reporter) {
  if (!resolved.resolution.files) return;
  const auto missing = finalize::find_missing_references(plan.config, *resolved.resolution.files);
  std::vector<std::string> paths;
  for (const finalize::MissingReference& each : missing)
    paths.insert(paths.end(), each.paths.begin(), each.paths.end());
  const auto bringers = paths.empty() ? std::map<std::string, std::vector<std::string>>()
                                      : repositories.find_bringers(plan, resolved.snapshots, paths);
  for (const finalize::MissingReference& each : missing) {
    base::Diagnostic warning = each.warning;
    std::set<std::string> names;
    for (const std::string& path : each.paths) {
      if (const auto found = bringers.find(path); found != bringers.end())
        names.insert(found->second.begin(), found->second.end());
    }
    // Who brings a file exactly as it is named knows better than a name that is near.
    if (!names.empty()) warning.hint = hint_of_bringers(names);
    reporter.warning(warning);
  }
}

model::ArchitectureLock obtain_lock(const BuildPlan& plan, const ResolveOptions& options,
                                    const Services& services) {
  const std::optional<model::Lock> lock = find_lock(plan.config.path);
  const model::ArchitectureLock* fresh =
      options.lock_use == LockUse::required ? &require_fresh(lock, plan) : find_fresh(lock, plan);
  if (fresh != nullptr) {
    require_baseline(plan, resolution_from(*fresh));
    return *fresh;
  }
  if (!lock && options.missing_lock == MissingLock::told) {
    services.reporter.warning(
        {.severity = base::Severity::warning,
         .code = "pipeline.lock-missing",
         .message = fmt::format("there is no lock file {}: packages are resolved anew, and may be "
                                "others in the next run",
                                lock::lock_path_of(plan.config.path).string()),
         .hint = fmt::format("make one and commit it: imagewright lock {}",
                             plan.config.path.string())});
  }
  const model::ArchitectureLock* stale = lock ? lock->find(plan.architecture.name) : nullptr;
  if (stale != nullptr) {
    services.reporter.message(report::Level::info,
                              "the lock is stale; packages keep the versions that it has where "
                              "that is possible (imagewright lock renews it)");
  }
  PlanRepositories repositories(plan, options.network, services);
  const auto pins = stale != nullptr ? stale->packages : std::vector<model::LockedPackage>();
  const auto stored_pins =
      stale != nullptr ? packages_of(stale->stored) : std::vector<model::LockedPackage>();
  const bool looks_at_files = options.package_files == PackageFileUse::held_against_config;
  const ResolvedPackages resolved =
      repositories.resolve(plan, pins,
                           {.file_lists = looks_at_files ? resolve::FileListUse::of_every_package
                                                         : resolve::FileListUse::where_needed,
                            .stored_pins = stored_pins});
  if (looks_at_files) tell_missing_references(plan, resolved, repositories, services.reporter);
  return lock_from(plan, resolved);
}

bool writes_a_disk(const BuildPlan& plan) {
  return std::ranges::any_of(plan.outputs, [](const model::OutputImage& output) {
    return model::is_disk(format_of(output));
  });
}

/// Minutes later the filesystem would be full. Nothing is known yet of what scripts add or remove,
/// so this is no error.
void warn_of_too_small_a_disk(const ResolvedPlan& resolved, report::Reporter& reporter) {
  const BuildPlan& plan = resolved.plan;
  if (storage_of(plan).fits_content || !writes_a_disk(plan)) return;
  base::ByteSize needed;
  for (const model::LockedPackage& package : resolved.lock.packages)
    needed = needed + package.installed_size;
  base::ByteSize room;
  for (const model::Partition& partition : resolved.layout.partitions) {
    const auto& filesystem = partition.filesystem;
    // The system partition of the firmware is there for the boot loader.
    const bool has_room = filesystem && !filesystem->mount_point.empty() &&
                          filesystem->type != model::FilesystemType::fat32;
    if (has_room) room = room + partition.size;
  }
  if (needed <= room) return;
  reporter.warning({.severity = base::Severity::warning,
                    .code = "plan.disk-too-small",
                    .message = fmt::format("the packages for {} unpack to {}, and all filesystems "
                                           "together have {}",
                                           plan.architecture.name, base::to_string(needed),
                                           base::to_string(room)),
                    .where = storage_of(plan).where,
                    .hint = "make the root partition larger, or set storage.autoSize"});
}

base::SourceLocation place_of_stored(const model::PackagesConfig& packages,
                                     const std::string& directory) {
  const auto found = std::ranges::find_if(packages.stored, [&](const model::StoredPackages& each) {
    return each.directory.text == directory;
  });
  return found == packages.stored.end() ? base::SourceLocation() : found->directory.where;
}

/// Of two files for one place one would vanish without a word.
void refuse_taken_place(const std::vector<model::AdditionalFile>& files, const std::string& path,
                        const base::SourceLocation& where) {
  const auto taken = std::ranges::find_if(files, [&](const model::AdditionalFile& file) {
    return file.destination == path && !file.stored_package;
  });
  if (taken == files.end()) return;
  throw base::Error(base::FailureKind::input,
                    {.code = "finalize.file-overwritten",
                     .message = fmt::format("{} would be overwritten by the package that is stored "
                                            "there",
                                            base::quoted(path)),
                     .where = taken->where,
                     .related = {{where, "os.packages.stored says so here"}},
                     .hint = "give the file or the packages another place"});
}

/// They are files of the image like any other; where they are on the host is not known yet.
void add_stored_packages(ResolvedPlan& resolved) {
  auto& files = resolved.plan.config.os.additional_files;
  for (const model::StoredPackage& stored : resolved.lock.stored) {
    const auto where = place_of_stored(resolved.plan.config.os.packages, stored.directory);
    refuse_taken_place(files, stored.path(), where);
    files.push_back({.destination = stored.path(),
                     .content = std::string(),
                     .permissions = 0644,
                     .where = where,
                     .stored_package = stored.package.nevra});
  }
}

} // namespace

ResolvedPlan resolve_plan(BuildPlan plan, model::ArchitectureLock lock, base::Epoch epoch) {
  ResolvedPlan resolved{.plan = std::move(plan), .lock = std::move(lock), .epoch = epoch};
  add_stored_packages(resolved);
  const BuildPlan& decided = resolved.plan;
  resolved.layout =
      layout_of(decided, fmt::format("{} {} {}", decided.config.name, decided.architecture.name,
                                     resolved.epoch.time_since_epoch().count()));
  policy::SystemPolicyResult policy = policy::system_policy({.config = decided.config,
                                                             .release = decided.release,
                                                             .architecture = decided.architecture,
                                                             .layout = resolved.layout,
                                                             .platform = decided.platform});
  if (policy.diagnostics.has_errors()) throw base::InputError(std::move(policy.diagnostics));
  resolved.policy = std::move(policy.policy);
  resolved.finalize = finalize::plan_from(decided.config, decided.release, decided.architecture);
  resolved.finalize.epoch = resolved.epoch;
  resolved.finalize.layout = resolved.layout;
  resolved.finalize.policy = resolved.policy;
  resolved.finalize.container_images = resolved.lock.container_images;
  return resolved;
}

ResolvedPlan resolve_plan(BuildPlan plan, const ResolveOptions& options, const Services& services) {
  identify_container_images(plan, options.network, services);
  model::ArchitectureLock lock = obtain_lock(plan, options, services);
  const base::Epoch epoch = options.epoch.value_or(newest_build_time(lock));
  ResolvedPlan resolved = resolve_plan(std::move(plan), std::move(lock), epoch);
  warn_of_too_small_a_disk(resolved, services.reporter);
  return resolved;
}

} // namespace imagewright::plan
