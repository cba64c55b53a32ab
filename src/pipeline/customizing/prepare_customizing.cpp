// SPDX-License-Identifier: MIT
#include <algorithm>

#include <imagewright/base/error.hpp>
#include <imagewright/base/parallel_for.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/inspect/confined.hpp>
#include <imagewright/lock/freshness.hpp>
#include <imagewright/model/boot_loader.hpp>
#include <imagewright/plan/fetch_base.hpp>
#include <imagewright/plan/grown_partitions.hpp>
#include <imagewright/plan/output_format.hpp>
#include <imagewright/report/stage_scope.hpp>

#include "customizing.hpp"

namespace imagewright::pipeline {

namespace {

std::filesystem::path obtain_base(const CustomizeOptions& options, Customizing& customizing,
                                  const plan::Services& services) {
  const plan::CustomizePlan& plan = customizing.plan;
  if (!options.base.empty()) return options.base;
  if (!plan.base.empty()) return plan.base;
  if (plan.base_in_registry) {
    plan::FetchedBase fetched = plan::fetch_base(plan, options.lock_use, options.network, services);
    customizing.base_reference = std::move(fetched.reference);
    return std::move(fetched.file);
  }
  throw base::Error(base::FailureKind::input, "customize.no-base",
                    "neither the command line nor the config says which image is customized",
                    "give --image FILE, or \"input: {image: {path: FILE}}\" in the config");
}

/// Told before anything is fetched. It is an estimate: whether it fits is known when it is there.
void warn_of_too_little_room(const Customizing& customizing, report::Reporter& reporter) {
  std::uint64_t needed = 0;
  for (const model::LockedPackage& package : customizing.packages->lock.packages)
    needed += package.installed_size.bytes();
  std::uint64_t room = 0;
  for (const model::InstalledPackage& package : customizing.packages->erased)
    room += package.installed_size.bytes();
  for (const origin::BaseFilesystem& filesystem : customizing.base->filesystems()) {
    const model::Partition* placed = customizing.layout.find_mount(filesystem.mount_point);
    const std::uint64_t size =
        (placed != nullptr ? placed->size : filesystem.partition->entry.size).bytes();
    const std::uint64_t used = filesystem.partition->filesystem->used.bytes();
    if (!filesystem.is_fat) room += size - std::min(size, used);
  }
  if (needed <= room) return;
  reporter.warning({.severity = base::Severity::warning,
                    .code = "plan.disk-too-small",
                    .message = "the packages unpack to " + base::to_string(base::ByteSize(needed)) +
                               ", and the filesystems of the base have room for " +
                               base::to_string(base::ByteSize(room)),
                    .where = customizing.plan.plan.config.os.where,
                    .hint = "remove packages, or start from a larger base"});
}

/// The kind of the menu that starts the base; empty: none that is set up here.
std::string boot_loader_of(const inspect::SystemFacts& system) {
  if (system.boot_entries.empty()) return "";
  const std::string& file = system.boot_entries.front().file;
  const bool is_menu = file.ends_with("/grub.cfg");
  if (!is_menu && file.find("/loader/entries/") == std::string::npos) return "";
  // One loader has its menu on the filesystem of /boot, the other entries on the ESP.
  for (const model::BootLoaderRow& row : model::k_boot_loaders) {
    if (row.is_configured_in_boot == is_menu) return std::string(row.word);
  }
  return "";
}

std::string systemd_version(const inspect::SystemFacts& system) {
  for (const model::Nevra& package : system.packages.value_or(std::vector<model::Nevra>())) {
    if (package.name == "systemd") return package.version.substr(0, package.version.find('.'));
  }
  return "";
}

/// What the release has for wishes beside packages, where the base lacks it.
void add_packages_for_wishes(Customizing& customizing) {
  if (!customizing.system.packages) return;
  auto& install = customizing.plan.plan.config.os.packages.install;
  for (model::PackageRequest& request :
       plan::packages_for_wishes(customizing.plan, *customizing.system.packages))
    install.push_back(std::move(request));
  auto& removed = customizing.plan.plan.config.os.packages.remove;
  for (model::LocatedText& package :
       plan::package_manager_of(customizing.plan, *customizing.system.packages))
    removed.push_back({.spec = std::move(package.text),
                       .where = std::move(package.where),
                       .origin = "os.packages.removePackageManager"});
}

/// How the initramfs of a kernel that comes is made: as the release says, with what the base's own
/// has to have.
void tell_of_initramfs(Customizing& customizing) {
  finalize::FinalizePlan& root = customizing.root;
  const model::ReleaseProfile& release = customizing.plan.plan.release;
  if (!release.name.empty()) {
    root.initramfs = release.initramfs;
    root.identity_files = release.identity_files;
  }
  const bool is_anew = root.boot_chain == finalize::BootChain::anew;
  const auto& wish = root.os.fips_mode;
  const bool is_settled = is_anew || (wish && wish->value == model::FipsMode::enabled);
  if (customizing.system.is_fips && !is_settled) root.policy.initramfs_modules.push_back("fips");
}

bool can_write_usr(const origin::BaseImage& base) {
  return std::ranges::none_of(base.filesystems(), [](const origin::BaseFilesystem& filesystem) {
    return filesystem.is_verified &&
           (filesystem.mount_point == "/usr" || filesystem.mount_point == "/usr/share");
  });
}

plan::BaseFacts facts_of(const Customizing& customizing, const CustomizeOptions& options) {
  const origin::BaseImage& base = *customizing.base;
  base::Epoch newest = newest_time(base);
  if (customizing.packages) {
    for (const model::LockedPackage& package : customizing.packages->lock.packages)
      newest = std::max(newest, package.build_time);
  }
  std::map<std::string, base::ByteSize> sizes;
  for (const origin::BaseFilesystem& filesystem : base.filesystems())
    sizes[filesystem.name()] = filesystem.partition->filesystem->size;
  std::map<std::string, std::string> contents;
  for (const origin::BasePartition& partition : base.partitions()) {
    if (!partition.content.empty()) contents[partition.name()] = partition.content;
  }
  return {.architecture = base.architecture(),
          .digest = customizing.digest,
          .disk_uuid = base.disk_uuid(),
          .epoch = options.epoch.value_or(newest),
          .filesystem_sizes = std::move(sizes),
          .contents = std::move(contents),
          .layout = customizing.layout,
          .command_line = customizing.system.kernel_command_line(),
          .boot_loader = boot_loader_of(customizing.system),
          .has_selinux = customizing.system.selinux_mode != "disabled",
          .selinux_mode = customizing.system.selinux_mode,
          .cgroup_version = customizing.system.cgroup_version,
          .is_fips = customizing.system.is_fips,
          .systemd_version = systemd_version(customizing.system),
          .can_keep_history = can_write_usr(base)};
}

[[noreturn]] void refuse_other_base(const Customizing& customizing, const base::Digest& wanted) {
  throw base::Error(base::FailureKind::verification, "customize.other-base",
                    "the image " + base::quoted(customizing.base->path().string()) +
                        " is not the one that was customized: its disk is " +
                        customizing.digest.to_string() + ", that one was " + wanted.to_string(),
                    "say with --image where the base is now");
}

std::optional<lock::BaseLock> lock_for(const Customizing& customizing,
                                       const CustomizeOptions& options,
                                       const plan::Services& services) {
  if (!options.repeated)
    return plan::find_base_lock(customizing.plan, customizing.digest, options.lock_use, services);
  const lock::BaseLock& lock = options.repeated->lock;
  if (lock.base.digest != customizing.digest) refuse_other_base(customizing, lock.base.digest);
  return lock;
}

std::vector<std::string> names_of(const std::vector<model::InstalledPackage>& packages) {
  std::vector<std::string> names;
  for (const model::InstalledPackage& package : packages)
    names.push_back(package.nevra.to_string());
  std::ranges::sort(names);
  return names;
}

/// What a lock of this would say.
lock::BaseLock lock_from(const Customizing& customizing) {
  lock::BaseLock lock{.base = {.digest = customizing.digest,
                               .source = customizing.base_reference,
                               .kept = {},
                               .erased = {}},
                      .packages = {}};
  if (const auto& packages = customizing.packages) {
    lock.packages = packages->lock;
    lock.base.kept = names_of(packages->kept);
    lock.base.erased = names_of(packages->erased);
  } else if (const auto& installed = customizing.system.packages) {
    for (const model::Nevra& nevra : *installed)
      lock.base.kept.push_back(nevra.to_string());
    std::ranges::sort(lock.base.kept);
  }
  const lock::LockQuestion question = plan::base_question(customizing.plan, customizing.digest);
  lock.packages.architecture = question.architecture;
  lock.packages.request = lock::digest_of(question);
  lock.packages.asked = lock::lines_of(question);
  return lock;
}

void decide_packages(Customizing& customizing, const CustomizeOptions& options,
                     const plan::Services& services) {
  const auto locked = lock_for(customizing, options, services);
  if (plan::asks_for_packages(customizing.plan.plan.config)) {
    auto installed =
        inspect::read_installed_packages_confined(customizing.base->file(), services.cancellation);
    customizing.packages = locked ? plan::locked_packages(customizing.plan, std::move(installed),
                                                          *locked, options.network, services)
                                  : plan::resolve_packages(customizing.plan, std::move(installed),
                                                           options.network, services);
    warn_of_too_little_room(customizing, services.reporter);
  }
  customizing.lock = lock_from(customizing);
}

void require_same_files(const Customizing& customizing, const CustomizeOptions& options) {
  if (!options.repeated || customizing.inputs.files == options.repeated->files) return;
  throw base::Error(base::FailureKind::input, "pipeline.config-changed",
                    base::quoted(options.plan.config.string()) +
                        ", or a file that it is made of or names, is not what the image was made "
                        "from",
                    "check out the revision of the config that the image was made from");
}

/// A worker reads its tables while its bytes are digested here.
void read_base(Customizing& customizing, const plan::Services& services) {
  const origin::BaseImage& base = *customizing.base;
  const auto digest = [&] { customizing.digest = base.digest(services.cancellation); };
  const auto ask = [&] {
    customizing.system = inspect::read_system_confined(base.file(), services.cancellation);
  };
  base::parallel_for(2, services.thread_count, services.cancellation,
                     [&](std::size_t task) { task == 0 ? ask() : digest(); });
  if (customizing.known_base) customizing.known_base->keep(base);
}

} // namespace

base::Epoch newest_time(const origin::BaseImage& base) {
  base::Epoch newest{};
  for (const origin::BaseFilesystem& filesystem : base.filesystems()) {
    const std::string prefix = filesystem.mount_point == "/" ? "" : filesystem.mount_point;
    for (const tree::Entry& entry : filesystem.table.entries) {
      const std::string path = prefix + entry.path;
      // Logs and the like say when the machine ran, not what the image is.
      const bool is_of_system =
          path.starts_with("/usr/") || path.starts_with("/etc/") || path.starts_with("/boot/");
      if (is_of_system) newest = std::max(newest, filesystem.table.inodes[entry.inode].modified);
    }
  }
  return newest;
}

base::ByteSize size_of(const Customizing& customizing, const origin::BasePartition& partition) {
  const model::Partition* placed = customizing.layout.find_partition(partition.name());
  return placed != nullptr ? placed->size : partition.entry.size;
}

Customizing prepare_customizing(const CustomizeOptions& options, const plan::Services& services) {
  Customizing customizing;
  customizing.plan = plan::plan_customize(options.plan);
  for (const base::Diagnostic& warning : customizing.plan.warnings.items())
    services.reporter.warning(warning);
  const report::StageScope stage(services.reporter, "base");
  customizing.base_format = options.base_format;
  const std::filesystem::path path = obtain_base(options, customizing, services);
  // Who verifies takes nobody's word.
  if (!options.repeated)
    customizing.known_base = std::make_unique<KnownBase>(path, options.base_format, services);
  customizing.base =
      std::make_unique<origin::BaseImage>(path, options.base_format, services.cancellation);
  if (customizing.known_base) customizing.known_base->recall(*customizing.base);
  read_base(customizing, services);
  customizing.plan.plan.architecture = customizing.base->architecture();
  if (customizing.plan.plan.config.storage.reset_partition_uuids)
    customizing.base->require_renewable();
  customizing.layout =
      plan::fitted_to_formats(plan::with_grown_partitions(customizing.base->layout(),
                                                          customizing.plan.plan.config.storage.grow,
                                                          customizing.base->architecture()),
                              customizing.plan.plan.outputs);
  plan::choose_sources(customizing.plan, options.plan, customizing.base->release());
  add_packages_for_wishes(customizing);
  customizing.inputs = plan::inputs_of(customizing.plan.plan, options.plan);
  require_same_files(customizing, options);
  decide_packages(customizing, options, services);
  customizing.root = plan::customize_root_plan(customizing.plan, facts_of(customizing, options),
                                               customizing.inputs.files, options.tool_version);
  customizing.root.base_kernels = customizing.system.kernels;
  tell_of_initramfs(customizing);
  return customizing;
}

CustomizeOutline outline_customizing(const CustomizeOptions& options,
                                     const plan::Services& services) {
  Customizing customizing = prepare_customizing(options, services);
  CustomizeOutline outline{.base = customizing.base->path(),
                           .operating_system = customizing.system.operating_system,
                           .architecture = customizing.base->architecture().name,
                           .digest = customizing.digest,
                           .epoch = customizing.root.epoch,
                           .image_uuid = customizing.root.record.uuid,
                           .lock = customizing.lock,
                           .partitions = {},
                           .actions = {},
                           .outputs = {}};
  if (customizing.packages) {
    outline.actions = plan::actions_of(*customizing.packages);
    outline.reasons = std::move(customizing.packages->reasons);
  }
  for (const origin::BasePartition& partition : customizing.base->partitions()) {
    const base::ByteSize size = size_of(customizing, partition);
    if (size != partition.entry.size)
      outline.actions.push_back("let the partition " + partition.name() + " grow to " +
                                base::to_string(size));
  }
  for (std::string& action : actions_of(customizing.root))
    outline.actions.push_back(std::move(action));
  for (const origin::BasePartition& partition : customizing.base->partitions()) {
    PartitionReport& added =
        outline.partitions.emplace_back(PartitionReport{.id = partition.name(),
                                                        .mount_point = partition.mount_point,
                                                        .size = size_of(customizing, partition)});
    if (partition.filesystem) added.used = partition.filesystem->used;
  }
  for (const model::OutputImage& output : customizing.plan.plan.outputs)
    outline.outputs.push_back(plan::file_name_of(customizing.plan.plan, output));
  return outline;
}

} // namespace imagewright::pipeline
