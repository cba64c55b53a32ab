// SPDX-License-Identifier: MIT
#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <system_error>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <imagewright/audit/manifest.hpp>
#include <imagewright/audit/register_verdicts.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/version_series.hpp>
#include <imagewright/boot/accelerator.hpp>
#include <imagewright/boot/boot_image.hpp>
#include <imagewright/boot/host_facts.hpp>
#include <imagewright/boot/session.hpp>
#include <imagewright/fs/claimed_directory.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/input.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/model/partition_type.hpp>
#include <imagewright/model/verity.hpp>
#include <imagewright/pipeline/boot_artifact.hpp>
#include <imagewright/process/command_runner.hpp>

#include "host/measured_boot.hpp"
#include "host/seed_volume.hpp"

namespace imagewright::pipeline {

namespace {

/// The manifest beside an image whose name is not that of its manifest: the one that speaks of it.
std::optional<std::filesystem::path> find_manifest_of(const std::filesystem::path& image) {
  const std::filesystem::path directory = std::filesystem::absolute(image).parent_path();
  std::set<std::filesystem::path> candidates;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    if (entry.is_regular_file(ignored) &&
        entry.path().filename().string().ends_with(".manifest.json"))
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
  // Nobody named what stands beside an image: a pipe there is not waited for.
  const bool is_there = options.manifest.empty()
                            ? std::filesystem::is_regular_file(path, unreachable)
                            : std::filesystem::exists(path, unreachable);
  if (!is_there) {
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
  const model::ImageFormatRow& row = model::row_of(record.format);
  if (row.kind != model::ImageKind::disk || row.qemu_driver.empty())
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
                   .tpm = options.tpm,
                   .memory = options.memory,
                   .timeout = options.timeout,
                   .serial_log = std::filesystem::absolute(serial_log)};
  return found;
}

void require_firmware_that_measures(const boot::BootRequest& request) {
  if (request.tpm == boot::TpmUse::none || request.firmware == boot::Firmware::uefi) return;
  throw base::Error(base::FailureKind::input, "boot.tpm-needs-uefi",
                    "what a BIOS measures into a TPM is not known here",
                    "boot an image with an EFI system partition, or leave --tpm out");
}

audit::MeasuredBoot predicted_boot(const boot::BootRequest& request,
                                   const plan::Services& services) {
  const std::filesystem::path variables = boot::firmware_variables(request.architecture);
  return predict_boot({.path = request.image,
                       .format = request.format,
                       .firmware_variables = fs::read_file(variables)},
                      services);
}

boot::ReportRow row_of(const audit::RegisterVerdict& verdict) {
  using Outcome = audit::RegisterVerdict::Outcome;
  boot::ReportRow row{.check = verdict.subject,
                      .expected = verdict.expected,
                      .actual = verdict.actual,
                      .outcome = boot::RowOutcome::passed};
  if (verdict.outcome == Outcome::different) row.outcome = boot::RowOutcome::failed;
  if (verdict.outcome == Outcome::unknown) row.outcome = boot::RowOutcome::not_asked;
  return row;
}

/// Whether the image is the one that its manifest speaks of.
boot::ReportRow manifest_row(const audit::MeasuredBoot& promised,
                             const audit::MeasuredBoot& predicted) {
  const std::vector<std::uint32_t> changed = audit::changed_registers(promised, predicted);
  const std::string same = "those of the image";
  return {.check = "registers of the manifest",
          .expected = same,
          .actual = changed.empty() ? same : fmt::format("others: {}", fmt::join(changed, ", ")),
          .outcome = changed.empty() ? boot::RowOutcome::passed : boot::RowOutcome::failed};
}

/// Rows of the report, and where they failed what that means.
void compare_registers(boot::BootReport& report, const Bootable& image,
                       const audit::MeasuredBoot& predicted, const plan::Services& services) {
  std::set<std::uint32_t> numbers;
  for (const audit::RegisterVerdict& verdict :
       audit::register_verdicts({.predicted = predicted, .found = report.facts.registers})) {
    report.rows.push_back(row_of(verdict));
    if (verdict.outcome == audit::RegisterVerdict::Outcome::different)
      numbers.insert(verdict.number);
  }
  if (const auto& promised = image.manifest.measured_boot; promised && promised->unknown.empty())
    report.rows.push_back(manifest_row(*promised, predicted));
  if (numbers.empty()) return;
  base::Diagnostic diagnostic;
  diagnostic.code = "boot.other-registers";
  diagnostic.message =
      report.facts.registers.empty()
          ? "the running system tells no registers of its TPM"
          : fmt::format("the machine's TPM holds other values than the image lets expect in {} {}",
                        numbers.size() == 1 ? "register" : "registers", fmt::join(numbers, ", "));
  diagnostic.hint = report.facts.registers.empty()
                        ? "its kernel needs a driver for TPMs (tpm_tis), and to be 5.12 or newer"
                        : "compare the events of \"imagewright measure\" with the machine's own "
                          "log: tpm2_eventlog "
                          "/sys/kernel/security/tpm0/binary_bios_measurements";
  services.reporter.warning(diagnostic);
}

} // namespace

boot::BootReport boot_artifact(const BootOptions& options, const plan::Services& services) {
  Bootable image = bootable(options);
  require_firmware_that_measures(image.request);
  std::optional<audit::MeasuredBoot> predicted;
  if (options.tpm == boot::TpmUse::emulated) predicted = predicted_boot(image.request, services);
  std::filesystem::create_directories(services.cache_directory);
  const fs::ClaimedDirectory work(services.cache_directory, ".boot-");
  image.request.work_directory = work.path();
  image.request.seed = seed_volume(options.seed, work.path(), services);
  process::HostCommandRunner runner(services.cancellation);
  boot::BootReport report = boot::boot_image(image.request, runner, services.reporter);
  answer_from_manifest(report, image.manifest);
  if (predicted) compare_registers(report, image, *predicted, services);
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
