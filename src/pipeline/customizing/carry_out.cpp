// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <utility>

#include <imagewright/audit/file_list.hpp>
#include <imagewright/audit/manifest.hpp>
#include <imagewright/audit/report_page.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/parallel_for.hpp>
#include <imagewright/base/path_pattern.hpp>
#include <imagewright/finalize/finalize.hpp>
#include <imagewright/finalize/machine_secrets.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/image/image_file.hpp>
#include <imagewright/inspect/confined.hpp>
#include <imagewright/inspect/package_header.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/model/verity.hpp>
#include <imagewright/origin/extraction.hpp>
#include <imagewright/origin/restored_tree.hpp>
#include <imagewright/origin/rewritten_disk.hpp>
#include <imagewright/pipeline/customize.hpp>
#include <imagewright/plan/output_format.hpp>
#include <imagewright/report/stage_scope.hpp>
#include <imagewright/root/real_patterns.hpp>
#include <imagewright/root/work_root.hpp>
#include <imagewright/sandbox/sandbox.hpp>
#include <imagewright/tree/file_contexts.hpp>
#include <imagewright/tree/label.hpp>
#include <imagewright/tree/late_text.hpp>

#include "customizing.hpp"
#include "customizing_report.hpp"
#include "hidden_files.hpp"
#include "pipeline/host/emulator.hpp"
#include "pipeline/host/measured_boot.hpp"
#include "pipeline/host/workplace.hpp"
#include "pipeline/install_request.hpp"
#include "pipeline/make_root.hpp"
#include "pipeline/write_image.hpp"
#include "version_locks.hpp"

namespace imagewright::pipeline {

namespace {

root::ProgramOpener program_opener(const base::Cancellation& cancellation) {
  return [&cancellation](
             const sandbox::SandboxOptions& options) -> std::unique_ptr<process::CommandRunner> {
    return std::make_unique<sandbox::Sandbox>(options, cancellation);
  };
}

std::shared_ptr<const origin::Extraction>
take_out(const origin::BaseImage& base, root::WorkRoot& root, const plan::Services& services) {
  const report::StageScope stage(services.reporter, "extract");
  return origin::extract(base, root, {services.thread_count, services.cancellation});
}

/// Where the base has its package database.
std::string database_path(const fs::RootDir& files, const std::string& usual) {
  for (const std::string& path : inspect::package_database_paths()) {
    if (files.exists(path)) return path.substr(0, path.rfind('/'));
  }
  return usual;
}

constexpr auto k_machine_id = "/etc/machine-id";

/// What makes the base one machine was there before any script of a package ran.
void add_identity_of_base(const origin::BaseImage& base, const std::vector<std::string>& patterns,
                          std::vector<std::string>& owned) {
  for (const origin::BaseFilesystem& filesystem : base.filesystems()) {
    const std::string prefix = filesystem.mount_point == "/" ? "" : filesystem.mount_point;
    for (const tree::Entry& entry : filesystem.table.entries) {
      const std::string path = prefix + entry.path;
      if (std::ranges::any_of(patterns, [&](const std::string& pattern) {
            return base::is_at_or_below_pattern(path, pattern);
          }))
        owned.push_back(path);
    }
  }
  std::ranges::sort(owned);
}

std::vector<model::Nevra> names_of(const std::vector<model::InstalledPackage>& packages) {
  std::vector<model::Nevra> names;
  for (const model::InstalledPackage& package : packages)
    names.push_back(package.nevra);
  return names;
}

model::InstalledRoot change_packages(root::WorkRoot& root, const Customizing& customizing,
                                     const std::vector<repo::RepositoryKeys>& keys,
                                     const plan::Services& services) {
  const plan::CustomizedPackages& packages = *customizing.packages;
  warn_of_version_locks(root.files(), services.reporter);
  const FetchedPackages fetched =
      customizing.fetched
          ? *customizing.fetched
          : FetchedPackages{.packages = packages.repositories->set().download(packages.lock),
                            .keys = keys};
  install::InstallRequest request =
      install_request(customizing.plan.plan, customizing.root.epoch, fetched);
  request.rpm_database_path = database_path(root.files(), request.rpm_database_path);
  request.kept = names_of(packages.kept);
  request.erased = names_of(packages.erased);
  request.thread_count = services.thread_count;
  std::vector<std::string> identity = request.identity_files;
  identity.insert(identity.end(), finalize::k_machine_secrets.begin(),
                  finalize::k_machine_secrets.end());
  identity = root::with_real_places(root.files(), std::move(identity));
  const auto machine_id = root.files().find_content(k_machine_id);
  model::InstalledRoot installed =
      install::install_packages(root, request, services.cancellation, services.reporter);
  // A script may have given the image an identity, which all machines made from it would share.
  if (!machine_id)
    root.files().remove(k_machine_id);
  else if (root.files().find_content(k_machine_id) != machine_id)
    root.files().write(k_machine_id, *machine_id, 0444);
  add_identity_of_base(*customizing.base, identity, installed.owned_identity_files);
  return installed;
}

/// What stands where root hashes will be: a boot chain that is kept has those of the base.
model::RootHashes words_for_root_hashes(const Customizing& customizing) {
  const finalize::FinalizePlan& root = customizing.root;
  if (root.boot_chain == finalize::BootChain::anew)
    return model::root_hash_placeholders(root.layout);
  model::RootHashes hashes;
  for (const origin::BaseFilesystem& filesystem : customizing.base->filesystems()) {
    const bool is_wanted = root.layout.find_mount(filesystem.mount_point) != nullptr;
    if (is_wanted && filesystem.hashes != nullptr && !filesystem.verity_name().empty())
      hashes[filesystem.verity_name()] = filesystem.verity_tree().root_hash;
  }
  return hashes;
}

/// Root hashes are known when the disk is written: where they go is noted.
tree::RootTree with_late_words(tree::RootTree tree, const root::WorkRoot& root,
                               const model::SealedRoot& sealed, const Customizing& customizing) {
  if (customizing.root.layout.verity.empty()) return tree;
  return tree::with_late_places(std::move(tree),
                                real_paths(root.files(), sealed.command_line_files),
                                words_for_root_hashes(customizing));
}

tree::RootTree read_back(const Customizing& customizing, const origin::Extraction& extraction,
                         const root::WorkRoot& root, const model::SealedRoot& sealed,
                         const plan::Services& services) {
  const report::StageScope stage(services.reporter, "tree");
  tree::RootTree restored =
      origin::restore(*customizing.base, extraction, root, services.cancellation);
  const auto contexts = tree::find_file_contexts(root.files(), customizing.root.policy.file_labels);
  if (contexts)
    restored = tree::label(std::move(restored), root.files(), *contexts, services.cancellation);
  return with_late_words(std::move(restored), root, sealed, customizing);
}

struct WrittenCustomizing {
  std::vector<PartitionReport> partitions;
  std::vector<model::Artifact> artifacts;
  inspect::SystemFacts system; ///< as the finished disk says
  model::DiskLayout layout;
  tree::RootTree tree; ///< with the root hashes that were not known before
  model::RootHashes root_hashes;
  std::map<std::string, std::string> files; ///< as audit::list_files tells of them
};

std::vector<PartitionReport> report_of(const Customizing& customizing,
                                       const std::vector<origin::PartitionOutcome>& outcomes) {
  std::vector<PartitionReport> reports;
  for (const origin::BasePartition& partition : customizing.base->partitions()) {
    PartitionReport& report = reports.emplace_back(PartitionReport{
        .id = partition.name(), .mount_point = {}, .size = size_of(customizing, partition)});
    const auto outcome = std::ranges::find(outcomes, report.id, &origin::PartitionOutcome::id);
    if (outcome == outcomes.end() || partition.mount_point.empty()) continue;
    report.mount_point = outcome->mount_point;
    report.is_rewritten = outcome->fate == origin::PartitionFate::rewritten;
    report.first_change = outcome->first_change;
    report.used = outcome->used;
  }
  return reports;
}

std::map<std::string, std::string> files_of(const tree::RootTree& tree,
                                            const plan::Services& services) {
  return audit::list_files(tree, services.thread_count, services.cancellation);
}

/// What is installed once the transaction is through.
std::vector<model::Nevra> packages_after(const Customizing& customizing) {
  if (!customizing.packages)
    return customizing.system.packages.value_or(std::vector<model::Nevra>());
  std::vector<model::Nevra> packages = names_of(customizing.packages->kept);
  for (const model::LockedPackage& package : customizing.packages->lock.packages)
    packages.push_back(package.nevra);
  std::ranges::sort(packages);
  return packages;
}

WrittenCustomizing write_on_base(const Customizing& customizing, const tree::RootTree& tree,
                                 const Workplace& place, const model::SealedRoot& sealed,
                                 const plan::Services& services) {
  WrittenCustomizing written;
  ImagePlaces places = places_in(place, customizing.plan.plan);
  const bool is_renamed = !customizing.root.new_identifiers.empty();
  const bool is_other = is_renamed || plan::verifies_existing(customizing.plan.plan.config);
  written.layout = is_other ? customizing.root.layout
                            : plan::with_booted_verity(customizing.layout,
                                                       customizing.system.kernel_command_line());
  {
    const report::StageScope stage(services.reporter, "disk");
    origin::RewrittenDisk disk =
        origin::write_disk({.base = *customizing.base,
                            .tree = tree,
                            .epoch = customizing.root.epoch,
                            .verity_hashes = verity_hashes_of(customizing),
                            .new_verity = new_verity_of(customizing),
                            .places = &customizing.layout,
                            .identifiers = is_renamed ? &written.layout : nullptr,
                            .may_borrow = may_borrow(customizing.plan.plan)},
                           place.raw(), services.cancellation);
    written.partitions = report_of(customizing, disk.partitions);
    written.tree = tree::with_late_texts(tree, disk.root_hashes);
    written.root_hashes = std::move(disk.root_hashes);
    patch_disk(place.raw(), disk.borrowed, sealed.disk_patches);
    places.borrowed = std::move(disk.borrowed);
    // What was written is read once more: it is what the manifest tells of.
    image::ImageFile image = image::open_image_file(place.raw(), model::ImageFormat::raw);
    image.borrowed = places.borrowed;
    written.system = inspect::read_system_confined(image, services.cancellation);
    // With the package manager goes what would tell of the packages.
    if (customizing.root.removes_package_manager)
      written.system.packages = packages_after(customizing);
  }
  const plan::BuildPlan& plan = customizing.plan.plan;
  const ArtifactIdentity identity{.disk_uuid = customizing.base->disk_uuid(),
                                  .epoch = customizing.root.epoch};
  const auto write_artifacts = [&] {
    written.artifacts = write_disk_artifacts(plan, identity, places, services);
  };
  const auto list_files = [&] { written.files = files_of(written.tree, services); };
  // One reads the finished disk, the other the base and the root: neither waits for the other.
  const std::array<std::function<void()>, 2> tasks{write_artifacts, list_files};
  base::parallel_for(tasks.size(), services.thread_count, services.cancellation,
                     [&](std::size_t task) { tasks.at(task)(); });
  std::ranges::move(write_root_artifacts(written.tree, plan, identity, places, services),
                    std::back_inserter(written.artifacts));
  return written;
}

/// The files of the base on a disk of another layout, as a build would write it.
WrittenCustomizing write_new_disk(const Customizing& customizing, tree::RootTree tree,
                                  const Workplace& place, const model::SealedRoot& sealed,
                                  const plan::Services& services) {
  const finalize::FinalizePlan& root = customizing.root;
  const plan::ResolvedPlan plan{.plan = customizing.plan.plan,
                                .lock = {},
                                .epoch = root.epoch,
                                .layout = root.layout,
                                .policy = root.policy,
                                .finalize = root};
  WrittenImage image = write_image({sealed, std::move(tree)}, plan,
                                   places_in(place, customizing.plan.plan), services);
  WrittenCustomizing written{.partitions = {},
                             .artifacts = std::move(image.artifacts),
                             .system = customizing.system,
                             .layout = std::move(image.layout),
                             .tree = std::move(image.tree),
                             .root_hashes = std::move(image.root_hashes),
                             .files = {}};
  written.files = files_of(written.tree, services);
  written.system.packages = packages_after(customizing);
  written.system.kernels.clear();
  for (const model::InstalledKernel& kernel : sealed.kernels)
    written.system.kernels.push_back(kernel.release);
  written.system.boot_entries = {{.command_line = image.kernel_command_line}};
  for (const disk::PartitionUse& use : image.partitions) {
    const model::Partition* partition = written.layout.find_partition(use.id);
    PartitionReport& report = written.partitions.emplace_back(
        PartitionReport{.id = use.id, .mount_point = {}, .size = use.size, .used = use.used});
    if (partition != nullptr && partition->filesystem)
      report.mount_point = partition->filesystem->mount_point;
    report.is_rewritten = true;
    report.first_change = "/";
  }
  return written;
}

std::vector<model::LockedPackage> packages_of(const inspect::SystemFacts& system) {
  std::vector<model::LockedPackage> packages;
  if (!system.packages) return packages;
  for (const model::Nevra& nevra : *system.packages) {
    const auto source = system.source_packages.find(nevra.to_string());
    packages.push_back({.nevra = nevra});
    if (source != system.source_packages.end())
      packages.back().provenance.source_package = source->second;
  }
  return packages;
}

std::vector<model::InstalledKernel> kernels_of(const inspect::SystemFacts& system,
                                               const tree::RootTree& tree) {
  std::vector<model::InstalledKernel> kernels;
  for (const std::string& release : system.kernels) {
    const std::string in_boot = "/boot/vmlinuz-" + release;
    const bool is_in_boot = tree.find(in_boot) != nullptr;
    kernels.push_back({.release = release,
                       .image = is_in_boot ? in_boot : "/usr/lib/modules/" + release + "/vmlinuz",
                       .initramfs = "/boot/initramfs-" + release + ".img"});
  }
  return kernels;
}

audit::Manifest describe(const Customizing& customizing, const WrittenCustomizing& written,
                         const model::SealedRoot& root,
                         const std::vector<repo::RepositoryKeys>& keys,
                         const plan::Services& services) {
  const report::StageScope stage(services.reporter, "manifest");
  return {.name = customizing.plan.plan.config.name,
          .architecture = customizing.base->architecture().name,
          .release = written.system.operating_system,
          .tool_version = customizing.root.tool_version,
          .bill = {},
          .epoch = customizing.root.epoch,
          .repositories = {},
          .packages = packages_of(written.system),
          // The base's own keys are as unknown as where it came from.
          .package_keys = package_keys(keys),
          .fetched_files = fetched_files_of(customizing.plan.plan.config.os),
          .script_files = records_of(root.script_files, customizing.plan.plan.config.name + "-" +
                                                            customizing.base->architecture().name),
          .kernels = kernels_of(written.system, written.tree),
          .kernel_command_line = written.system.kernel_command_line(),
          .units = customizing.root.policy.units,
          .checks = customizing.root.policy.checks,
          .layout = written.layout,
          .artifacts = records_of(written.artifacts),
          .measured_boot = measured_boot(written.artifacts, services),
          .files = written.files};
}

/// Whose signatures count for what comes.
std::vector<repo::RepositoryKeys> keys_for(const Customizing& customizing) {
  if (customizing.fetched) return customizing.fetched->keys;
  if (customizing.packages) return customizing.packages->repositories->set().load_keys();
  return {};
}

struct Means {
  std::optional<sandbox::Emulator> emulator;
  sandbox::Rung rung = sandbox::Rung::root; ///< for the report
};

CustomizeResult carry_through(const Customizing& customizing, Workplace& place, const Means& means,
                              const plan::Services& services) {
  root::WorkRoot root({.directory = place.root(),
                       .run_record = place.work.path() / "owners",
                       .epoch = customizing.root.epoch,
                       .emulator = means.emulator},
                      program_opener(services.cancellation));
  const auto extraction = take_out(*customizing.base, root, services);
  const std::vector<repo::RepositoryKeys> keys = keys_for(customizing);
  model::InstalledRoot installed;
  installed.path = place.root();
  if (customizing.packages && !customizing.packages->is_empty())
    installed = change_packages(root, customizing, keys, services);
  const model::SealedRoot sealed = finalize::finalize(root, installed, customizing.root,
                                                      {.reporter = services.reporter,
                                                       .cancellation = services.cancellation,
                                                       .log_directory = place.logs.path()});
  const tree::RootTree tree = read_back(customizing, *extraction, root, sealed, services);
  warn_of_hidden_files(tree, root.files(), customizing.root.layout, services.reporter);
  const bool is_new_disk = customizing.root.base_disk == finalize::BaseDisk::replaced;
  const WrittenCustomizing written =
      is_new_disk ? write_new_disk(customizing, tree, place, sealed, services)
                  : write_on_base(customizing, tree, place, sealed, services);
  const audit::Manifest manifest = describe(customizing, written, sealed, keys, services);
  stage_manifest(place.publication, manifest);
  stage_script_files(place.publication, manifest, sealed.script_files);
  // What was made of a config can be made again; files that came back cannot.
  if (customizing.root.base_change == finalize::BaseChange::as_config)
    stage_text(place.publication,
               manifest.name + "-" + manifest.architecture + std::string(audit::k_report_suffix),
               customizing_report(customizing, {.rung = means.rung,
                                                .partitions = written.partitions,
                                                .artifacts = written.artifacts}));
  add_artifacts(place.publication, written.artifacts);
  std::unique_ptr<fs::Publication> unsigned_files;
  if (const auto& wanted = customizing.plan.plan.config.output.artifacts)
    unsigned_files =
        stage_unsigned_files({.wanted = *wanted,
                              .image = {.tree = written.tree,
                                        .layout = written.layout,
                                        .architecture = customizing.base->architecture(),
                                        .root_hashes = written.root_hashes}});
  std::unique_ptr<fs::Publication> policy_files;
  if (const auto& path = customizing.plan.plan.config.output.selinux_policy_path)
    policy_files = stage_selinux_policy(written.tree, path->value);
  customizing.base->require_unchanged();
  if (customizing.known_base) customizing.known_base->keep(*customizing.base);
  return {.files = publish_with(place.publication, {unsigned_files.get(), policy_files.get()}),
          .partitions = written.partitions};
}

} // namespace

CustomizeResult carry_out(const Customizing& customizing, const CustomizingPlace& where,
                          EmulationUse emulation, const plan::Services& services) {
  Workplace place(where.directory);
  try {
    std::optional<sandbox::Emulator> emulator;
    // Where files alone are put in, no program of the image runs.
    if (customizing.root.base_change == finalize::BaseChange::as_config)
      emulator = prepare_emulator(customizing.base->architecture(), emulation,
                                  place.work.path() / "emulation");
    if (emulator && where.register_emulator)
      emulator = where.register_emulator(*std::move(emulator));
    return carry_through(customizing, place, {std::move(emulator), where.rung}, services);
  } catch (const base::Error& error) {
    keep_named_log(place, error);
    throw;
  }
}

} // namespace imagewright::pipeline
