// SPDX-License-Identifier: MIT
#include "compose.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <fmt/format.h>

#include <imagewright/audit/file_list.hpp>
#include <imagewright/audit/manifest.hpp>
#include <imagewright/audit/spdx.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/disk/fit.hpp>
#include <imagewright/disk/write_disk.hpp>
#include <imagewright/finalize/finalize.hpp>
#include <imagewright/fs/claimed_directory.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/image/write_artifacts.hpp>
#include <imagewright/image/write_root_archive.hpp>
#include <imagewright/install/install.hpp>
#include <imagewright/plan/build_inputs.hpp>
#include <imagewright/plan/layout.hpp>
#include <imagewright/plan/output_format.hpp>
#include <imagewright/plan/repositories.hpp>
#include <imagewright/report/stage_scope.hpp>
#include <imagewright/report/stage_timings.hpp>
#include <imagewright/root/work_root.hpp>
#include <imagewright/sandbox/metadata_record.hpp>
#include <imagewright/sandbox/sandbox.hpp>
#include <imagewright/tree/file_contexts.hpp>
#include <imagewright/tree/label.hpp>
#include <imagewright/tree/scan.hpp>

#include "build_report.hpp"
#include "emulator.hpp"
#include "install_request.hpp"
#include "native_programs.hpp"
#include "root_hashes.hpp"

namespace imagewright::pipeline {

namespace {

/// One more copy of the report, which goes again when nothing is published.
class ExtraReport {
public:
  ExtraReport(const std::filesystem::path& path, const std::string& text) : path_(path) {
    if (!path_.empty()) fs::write_file_atomically(path_, text);
  }
  ExtraReport(const ExtraReport&) = delete;
  ExtraReport& operator=(const ExtraReport&) = delete;
  ExtraReport(ExtraReport&&) = delete;
  ExtraReport& operator=(ExtraReport&&) = delete;
  ~ExtraReport() {
    std::error_code ignored;
    if (!is_kept_ && std::filesystem::is_regular_file(path_, ignored))
      std::filesystem::remove(path_, ignored);
  }

  void keep() { is_kept_ = true; }

private:
  std::filesystem::path path_;
  bool is_kept_ = false;
};

/// Carries one architecture through the stages. Each stage consumes what the one before yielded.
class Composer {
public:
  Composer(const plan::ResolvedPlan& plan, const BuildOptions& options,
           const plan::Services& services)
      : plan_(plan), layout_(plan.layout), options_(options), services_(services),
        timings_(services.reporter, services.clock), publication_(options.output_directory),
        work_(options.output_directory, ".imagewright-work-"),
        logs_(options.output_directory, ".imagewright-logs-"),
        name_(fmt::format("{}-{}", plan.plan.config.name, plan.plan.architecture.name)) {}

  std::vector<fs::PublishedFile> run() {
    try {
      return carry_through();
    } catch (const base::Error& error) {
      // A log that the message names stays for as long as nobody builds there again.
      if (error.diagnostic().hint.find(logs_.path().string()) != std::string::npos) logs_.abandon();
      throw;
    }
  }

private:
  std::vector<fs::PublishedFile> carry_through() {
    findings_.emulator =
        prepare_emulator(plan_.plan.architecture, options_.emulation, work_.path() / "emulation");
    if (findings_.emulator && options_.emulation == EmulationUse::automatic)
      findings_.no_native_programs =
          add_native_programs(plan_, options_, *findings_.emulator, timed_services());
    model::SealedRoot sealed = seal(install(fetch()));
    const tree::RootTree tree = read_tree(sealed);
    if (has_disk_output()) {
      fit(tree);
      write_artifacts(patched(write_disk(sealed, tree), sealed.disk_patches));
    }
    write_archives(tree);
    return publish(sealed, tree);
  }

  FetchedPackages fetch() {
    const plan::Services services = timed_services();
    plan::PlanRepositories repositories(plan_.plan, options_.resolve.network, services);
    FetchedPackages fetched;
    fetched.keys = repositories.set().load_keys(&plan_.lock);
    fetched.packages = repositories.set().download(plan_.lock);
    return fetched;
  }

  model::InstalledRoot install(const FetchedPackages& fetched) {
    const std::filesystem::path root = root_path();
    std::filesystem::create_directories(root);
    install::InstallRequest request = install_request(plan_, fetched, root);
    request.thread_count = services_.thread_count;
    request.emulator = findings_.emulator;
    request.metadata_record = record_path();
    model::InstalledRoot installed =
        install::install_packages(request, services_.cancellation, timings_);
    findings_.scriptlets = installed.scriptlets;
    return installed;
  }

  model::SealedRoot seal(const model::InstalledRoot& installed) {
    finalize::FinalizePlan plan = plan_.finalize;
    plan.tool_version = options_.tool_version;
    root::WorkRoot root({.directory = installed.path,
                         .record = record_path(),
                         .epoch = plan_.epoch,
                         .emulator = findings_.emulator},
                        [this](const sandbox::SandboxOptions& wish) { return open(wish); });
    return finalize::finalize(root, installed, plan,
                              {.reporter = timings_,
                               .cancellation = services_.cancellation,
                               .log_directory = logs_.path()});
  }

  std::unique_ptr<process::CommandRunner> open(const sandbox::SandboxOptions& options) {
    auto programs = std::make_unique<sandbox::Sandbox>(options, services_.cancellation);
    if (!findings_.emulator) return programs;
    return std::make_unique<CountingRunner>(std::move(programs), *findings_.emulator,
                                            findings_.emulated_runs);
  }

  tree::RootTree read_tree(const model::SealedRoot& sealed) {
    const report::StageScope stage(timings_, "tree");
    const sandbox::MetadataRecord record(record_path());
    tree::ScanOptions options{.epoch = plan_.epoch};
    if (!record.empty()) {
      options.find_override = [&record](int file) { return override_from(record.find(file)); };
    }
    tree::RootTree tree = tree::scan(sealed, options, services_.cancellation);
    if (const auto contexts = tree::find_file_contexts(sealed.path, plan_.policy.file_labels)) {
      tree = tree::label(std::move(tree), *contexts);
    }
    return tree;
  }

  /// With autoSize the last partition becomes as large as its content and the free space that is
  /// asked for.
  void fit(const tree::RootTree& tree) {
    const model::StorageConfig& storage = plan::storage_of(plan_.plan);
    if (!storage.fits_content) return;
    const base::ByteSize content =
        disk::smallest_last_partition({.layout = layout_, .tree = tree, .epoch = plan_.epoch});
    layout_ = plan::fit_last_partition(layout_, content + storage.free_space);
  }

  std::filesystem::path write_disk(model::SealedRoot& sealed, const tree::RootTree& tree) {
    const std::filesystem::path raw = work_.path() / "disk.raw";
    const auto tell = [&](const disk::RootHashes& hashes) {
      tell_root_hashes(layout_, hashes, sealed);
    };
    findings_.partitions = disk::write_disk(
        {.layout = layout_, .tree = tree, .epoch = plan_.epoch, .on_root_hashes = tell}, raw,
        timings_, services_.cancellation);
    return raw;
  }

  /// Boot code goes to places on the disk that are in no filesystem.
  static std::filesystem::path patched(std::filesystem::path raw,
                                       const std::vector<model::DiskPatch>& patches) {
    if (patches.empty()) return raw;
    const fs::UniqueFd fd = fs::open_for_writing(raw);
    for (const model::DiskPatch& patch : patches) {
      fs::write_exactly(fd.get(), std::as_bytes(std::span(patch.content)), patch.offset.bytes(),
                        raw.string());
    }
    return raw;
  }

  void write_artifacts(const std::filesystem::path& raw) {
    image::ArtifactRequest request{.raw = raw,
                                   .raw_disk = image::RawDisk::consume,
                                   .disk_uuid = layout_.uuid,
                                   .epoch = plan_.epoch,
                                   .outputs = {},
                                   .thread_count = services_.thread_count};
    for (const model::OutputImage& output : plan_.plan.outputs) {
      const model::ImageFormat format = plan::format_of(output);
      if (!model::is_disk(format)) continue;
      request.outputs.push_back({.format = format,
                                 .path = staged_path(output),
                                 .compression = plan::disk_compression_of(output),
                                 .level = output.compression.level,
                                 .cluster_size = plan::cluster_size_of(output)});
    }
    findings_.artifacts = image::write_artifacts(request, timings_, services_.cancellation);
  }

  bool has_disk_output() const {
    const auto& outputs = plan_.plan.outputs;
    return std::any_of(outputs.begin(), outputs.end(), [](const model::OutputImage& output) {
      return model::is_disk(plan::format_of(output));
    });
  }

  void write_archives(const tree::RootTree& tree) {
    for (const model::OutputImage& output : plan_.plan.outputs) {
      const model::ImageFormat format = plan::format_of(output);
      if (model::is_disk(format)) continue;
      const image::RootArchiveRequest request{.tree = tree,
                                              .epoch = plan_.epoch,
                                              .format = format,
                                              .path = staged_path(output),
                                              .distribution_name = plan_.plan.config.name,
                                              .compression = plan::archive_compression_of(output),
                                              .level = output.compression.level,
                                              .thread_count = services_.thread_count};
      findings_.artifacts.push_back(
          image::write_root_archive(request, timings_, services_.cancellation));
    }
  }

  std::filesystem::path staged_path(const model::OutputImage& output) const {
    return publication_.staged_path(plan::file_name_of(plan_.plan, output));
  }

  std::vector<fs::PublishedFile> publish(const model::SealedRoot& sealed,
                                         const tree::RootTree& tree) {
    const audit::Manifest manifest = describe(sealed, tree);
    stage_text(name_ + ".manifest.json", audit::to_text(manifest));
    stage_text(name_ + ".spdx.json", audit::to_spdx(manifest));
    const std::string report =
        report_text(plan_, plan::inputs_of(plan_.plan, options_.plan), findings_, timings_);
    stage_text(name_ + ".report.json", report);
    for (const model::Artifact& artifact : findings_.artifacts) {
      publication_.add(artifact.path.filename().string(), artifact.digest);
    }
    // What can fail comes before: after publishing there is no "no".
    ExtraReport extra(options_.report_file, report);
    if (options_.root_directory == RootDirectory::kept) keep_root();
    auto published = publication_.publish();
    extra.keep();
    return published;
  }

  audit::Manifest describe(const model::SealedRoot& sealed, const tree::RootTree& tree) {
    const report::StageScope stage(timings_, "manifest");
    audit::Manifest manifest{
        .name = plan_.plan.config.name,
        .architecture = plan_.plan.architecture.name,
        .release = plan_.plan.release.name,
        .tool_version = options_.tool_version,
        .epoch = plan_.epoch,
        .repositories = plan_.lock.repositories,
        .packages = plan_.lock.packages,
        .kernels = sealed.kernels,
        .kernel_command_line = sealed.kernel_command_line,
        .units = plan_.policy.units,
        .checks = plan_.policy.checks,
        .layout = has_disk_output() ? layout_ : model::DiskLayout{},
        .artifacts = {},
        .files = audit::list_files(tree, services_.thread_count, services_.cancellation)};
    for (const model::Artifact& artifact : findings_.artifacts) {
      manifest.artifacts.push_back({artifact.path.filename().string(), artifact.format,
                                    artifact.virtual_size, artifact.file_size, artifact.digest});
    }
    return manifest;
  }

  void stage_text(const std::string& name, const std::string& text) {
    fs::write_file_atomically(publication_.staged_path(name), text);
    publication_.add(name, base::digest_of(text));
  }

  void keep_root() {
    const std::filesystem::path kept = options_.output_directory / (name_ + ".root");
    fs::remove_tree(kept);
    std::filesystem::rename(root_path(), kept);
  }

  /// What the record knows, in the words of the scan.
  static std::optional<tree::MetadataOverride>
  override_from(const sandbox::RecordedMetadata* recorded) {
    if (recorded == nullptr) return std::nullopt;
    tree::MetadataOverride change{.owner = recorded->owner, .group = recorded->group};
    if (recorded->device_type != 0) {
      change.device =
          tree::DeviceNode{.type = S_ISCHR(recorded->device_type) ? fs::FileType::character_device
                                                                  : fs::FileType::block_device,
                           .number = {::major(recorded->device), ::minor(recorded->device)}};
    }
    return change;
  }

  std::filesystem::path record_path() const { return work_.path() / "owners"; }
  std::filesystem::path root_path() const { return work_.path() / "root"; }

  plan::Services timed_services() {
    return {.reporter = timings_,
            .cancellation = services_.cancellation,
            .clock = services_.clock,
            .cache_directory = services_.cache_directory,
            .thread_count = services_.thread_count};
  }

  const plan::ResolvedPlan& plan_;
  model::DiskLayout layout_;
  const BuildOptions& options_;
  const plan::Services& services_;
  report::StageTimings timings_;
  fs::Publication publication_;
  fs::ClaimedDirectory work_;
  fs::ClaimedDirectory logs_;
  std::string name_;
  BuildFindings findings_;
};

} // namespace

std::vector<fs::PublishedFile> compose(const plan::ResolvedPlan& plan, const BuildOptions& options,
                                       const plan::Services& services) {
  return Composer(plan, options, services).run();
}

} // namespace imagewright::pipeline
