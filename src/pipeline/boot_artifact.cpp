// SPDX-License-Identifier: MIT
#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include <imagewright/audit/manifest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/version_series.hpp>
#include <imagewright/boot/accelerator.hpp>
#include <imagewright/boot/boot_image.hpp>
#include <imagewright/boot/session.hpp>
#include <imagewright/fs/claimed_directory.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/input.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/model/partition_type.hpp>
#include <imagewright/model/verity.hpp>
#include <imagewright/pipeline/boot_artifact.hpp>
#include <imagewright/process/command_runner.hpp>

#include "host/seed_volume.hpp"

namespace imagewright::pipeline {

namespace {

/// The manifest beside an image whose name is not that of its manifest: the one that speaks of it.
std::optional<std::filesystem::path> find_manifest_of(const std::filesystem::path& image) {
  const std::filesystem::path directory = std::filesystem::absolute(image).parent_path();
  std::set<std::filesystem::path> candidates;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    if (entry.path().filename().string().ends_with(".manifest.json"))
      candidates.insert(entry.path());
  }
  for (const std::filesystem::path& path : candidates) {
    const audit::Manifest manifest =
        audit::parse_manifest(fs::read_file(path, audit::k_largest_manifest), path.string());
    if (std::ranges::find(manifest.artifacts, image.filename().string(),
                          &audit::ArtifactRecord::file) != manifest.artifacts.end())
      return path;
  }
  return std::nullopt;
}

std::filesystem::path manifest_path(const BootOptions& options) {
  if (!options.manifest.empty()) return options.manifest;
  std::filesystem::path path = options.image;
  path.replace_extension(".manifest.json");
  if (std::filesystem::exists(path)) return path;
  return find_manifest_of(options.image).value_or(path);
}

audit::Manifest read_manifest(const BootOptions& options) {
  const std::filesystem::path path = manifest_path(options);
  std::error_code unreachable;
  if (!std::filesystem::exists(path, unreachable)) {
    throw base::Error(
        base::FailureKind::input, "pipeline.no-manifest",
        fmt::format("there is no manifest {} for this image", base::quoted(path.string())),
        "give the manifest that was written together with the image: --manifest FILE");
  }
  return audit::parse_manifest(fs::read_input(path, "manifest", audit::k_largest_manifest),
                               path.string());
}

const audit::ArtifactRecord& record_of(const audit::Manifest& manifest,
                                       const std::filesystem::path& image) {
  const std::string name = image.filename().string();
  for (const audit::ArtifactRecord& record : manifest.artifacts) {
    if (record.file == name) return record;
  }
  throw base::Error(base::FailureKind::input, "pipeline.image-not-in-manifest",
                    fmt::format("the manifest of {} {} does not name {}", manifest.name,
                                manifest.architecture, base::quoted(name)),
                    "give the manifest that was written together with the image: --manifest FILE");
}

boot::Firmware firmware_for(const audit::Manifest& manifest,
                            const model::Architecture& architecture) {
  const base::Uuid esp = model::partition_type(model::PartitionKind::esp, architecture);
  const auto& partitions = manifest.layout.partitions;
  const bool has_esp = std::any_of(partitions.begin(), partitions.end(),
                                   [&](const auto& partition) { return partition.type == esp; });
  return has_esp ? boot::Firmware::uefi : boot::Firmware::legacy_bios;
}

/// Behind verity no byte of the root file system may change.
boot::QuestionCarrier carrier_for(const audit::Manifest& manifest) {
  return model::is_verified(manifest.layout, "/") ? boot::QuestionCarrier::credential
                                                  : boot::QuestionCarrier::root_filesystem;
}

/// A guest without the rpm program cannot tell versions of packages. What the installer read back
/// from the image's own package database stands in the manifest.
void answer_from_manifest(boot::BootReport& report, const audit::Manifest& manifest) {
  IMAGEWRIGHT_ASSERT(report.rows.size() >= manifest.checks.size());
  for (std::size_t index = 0; index < manifest.checks.size(); ++index) {
    const model::Check& check = manifest.checks[index];
    boot::ReportRow& row = report.rows[index];
    const bool is_open = row.outcome == boot::RowOutcome::not_asked;
    if (check.kind != model::CheckKind::package_series || !is_open) continue;
    for (const model::LockedPackage& package : manifest.packages) {
      if (package.nevra.name != check.subject) continue;
      const bool holds = base::is_in_series(package.nevra.version, check.expected);
      row.actual = package.nevra.version + " (in the image's package database)";
      row.outcome = holds ? boot::RowOutcome::passed : boot::RowOutcome::failed;
    }
  }
}

/// An image and what its manifest says of it.
struct Bootable {
  audit::Manifest manifest;
  boot::BootRequest request; ///< without a place for temporary files
};

Bootable bootable(const BootOptions& options) {
  // An image that is not there deserves its own message, before the manifest's.
  fs::open_for_reading(options.image);
  Bootable found{.manifest = read_manifest(options), .request = {}};
  const audit::Manifest& manifest = found.manifest;
  const audit::ArtifactRecord& record = record_of(manifest, options.image);
  if (model::row_of(record.format).kind != model::ImageKind::disk)
    throw base::Error(base::FailureKind::input, "cli.not-an-image",
                      fmt::format("{} is no disk, from which a machine could start",
                                  base::quoted(options.image.string())),
                      "give an image of a disk, which the same build can write as well");
  const model::Architecture* architecture = model::find_architecture(manifest.architecture);
  const auto root = boot::find_root_partition(manifest.layout);
  if (architecture == nullptr || !root) {
    throw base::Error(
        base::FailureKind::input, "pipeline.cannot-boot",
        fmt::format("the manifest of {} describes no system that can be booted", manifest.name));
  }
  const std::filesystem::path serial_log =
      options.serial_log.empty() ? std::filesystem::path(options.image.string() + ".serial.log")
                                 : options.serial_log;
  found.request = {.image = std::filesystem::absolute(options.image),
                   .format = record.format,
                   .architecture = *architecture,
                   .root = *root,
                   .carrier = carrier_for(manifest),
                   .checks = manifest.checks,
                   .accelerator = options.accelerator ? *options.accelerator
                                                      : boot::best_accelerator(*architecture),
                   .firmware = options.firmware.value_or(firmware_for(manifest, *architecture)),
                   .memory = options.memory,
                   .timeout = options.timeout,
                   .serial_log = std::filesystem::absolute(serial_log)};
  return found;
}

} // namespace

boot::BootReport boot_artifact(const BootOptions& options, const plan::Services& services) {
  Bootable image = bootable(options);
  std::filesystem::create_directories(services.cache_directory);
  const fs::ClaimedDirectory work(services.cache_directory, ".boot-");
  image.request.work_directory = work.path();
  image.request.seed = seed_volume(options.seed, work.path(), services);
  process::HostCommandRunner runner(services.cancellation);
  boot::BootReport report = boot::boot_image(image.request, runner, services.reporter);
  answer_from_manifest(report, image.manifest);
  return report;
}

int run_boot_session(const BootOptions& options, const boot::SessionRequest& session,
                     const plan::Services& services) {
  Bootable image = bootable(options);
  std::filesystem::create_directories(services.cache_directory);
  const fs::ClaimedDirectory work(services.cache_directory, ".boot-");
  image.request.work_directory = work.path();
  image.request.seed = seed_volume(options.seed, work.path(), services);
  process::HostCommandRunner runner(services.cancellation);
  return boot::run_session(image.request, session, runner, services.cancellation);
}

std::vector<std::string> boot_command(const BootOptions& options) {
  return boot::session_command(bootable(options).request);
}

} // namespace imagewright::pipeline
