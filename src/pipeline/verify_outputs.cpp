// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <type_traits>

#include <fmt/format.h>

#include <imagewright/audit/report_page.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/claimed_directory.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/model/config_path.hpp>
#include <imagewright/pipeline/ladder.hpp>
#include <imagewright/pipeline/verify_outputs.hpp>
#include <imagewright/plan/build_inputs.hpp>
#include <imagewright/plan/customize_plan.hpp>
#include <imagewright/plan/fetch_files.hpp>

#include "compose.hpp"
#include "customizing/customizing_report.hpp"
#include "stored_packages.hpp"

namespace imagewright::pipeline {

namespace {

constexpr base::ByteSize k_largest_document = base::ByteSize::mib(256);
constexpr std::string_view k_manifest_suffix = ".manifest.json";

/// Name → SHA-256 in hexadecimal digits.
using Sums = std::map<std::string, std::string>;

[[noreturn]] void throw_cannot_verify(const std::string& why, const std::string& hint) {
  throw base::Error(base::FailureKind::input, "pipeline.cannot-verify", why, hint);
}

Sums read_sums(const std::filesystem::path& directory) {
  constexpr auto k_hint = "give the output directory of a build";
  const std::string name = base::quoted(directory.string());
  std::error_code unreachable;
  const auto status = std::filesystem::status(directory, unreachable);
  if (std::filesystem::exists(status) && !std::filesystem::is_directory(status))
    throw_cannot_verify(fmt::format("{} is no directory", name), k_hint);
  if (!std::filesystem::exists(status))
    throw_cannot_verify(fmt::format("there is no directory {}", name), k_hint);
  const auto text = fs::find_file(directory / "SHA256SUMS", base::ByteSize::mib(16));
  if (!text) throw_cannot_verify(fmt::format("there is no SHA256SUMS in {}", name), k_hint);
  Sums sums;
  for (const std::string& line : base::split(*text, '\n')) {
    const std::vector<std::string> words = base::split_whitespace(line);
    if (words.size() == 2 && words[1].find('/') == std::string::npos) sums[words[1]] = words[0];
  }
  return sums;
}

/// Somebody else may have made the directory: nothing in it is waited for.
std::string read_published(const std::filesystem::path& path, base::ByteSize limit) {
  auto text = fs::find_file(path, limit);
  if (text) return *std::move(text);
  throw_cannot_verify(fmt::format("there is no {}", base::quoted(path.string())),
                      "give the output directory of a build");
}

void require_unchanged(const std::filesystem::path& directory, const Sums& sums) {
  for (const auto& [name, hex] : sums) {
    const std::filesystem::path path = directory / name;
    if (std::filesystem::exists(path) && fs::digest_of_file(path).hex == hex) continue;
    throw base::Error(
        base::FailureKind::verification, "pipeline.published-file-changed",
        fmt::format("{} is not the file that the build published", base::quoted(path.string())),
        "copy it again, or build again");
  }
}

/// NAME-ARCH of every image in the directory.
std::vector<std::string> image_names(const std::filesystem::path& directory, const Sums& sums) {
  std::vector<std::string> names;
  for (const auto& [file, hex] : sums) {
    if (file.ends_with(audit::k_report_suffix))
      names.push_back(file.substr(0, file.size() - audit::k_report_suffix.size()));
  }
  if (names.empty()) {
    throw_cannot_verify(
        fmt::format("no report of a build stands in {}", base::quoted(directory.string())),
        "keep NAME-ARCH.report.json beside the images");
  }
  return names;
}

/// Makes one image of the directory again.
class Repetition {
public:
  Repetition(const VerifyOptions& options, const plan::Services& services, std::string name)
      : options_(options), services_(services), name_(std::move(name)),
        work_(made(services.cache_directory), ".verify-") {}

  void run(const Sums& sums, Verification& verification) {
    const std::filesystem::path manifest_path = published(std::string(k_manifest_suffix));
    const audit::Manifest manifest = audit::parse_manifest(
        read_published(manifest_path, audit::k_largest_manifest), manifest_path.string());
    const json::Value report = read_report();
    const plan::BuildInputs inputs = inputs_of(report);
    if (const auto base = find_reported_base(report, report_file())) {
      customize_again(*base, inputs, manifest);
      return compare(made_again_, sums, manifest, verification);
    }
    plan::PlanOptions plan_options = options_for(inputs, manifest);
    plan::ResolvedPlan plan =
        plan::resolve_plan(plan_for(inputs, plan_options),
                           model::ArchitectureLock{.architecture = manifest.architecture,
                                                   .request = {},
                                                   .repositories = manifest.repositories,
                                                   .packages = manifest.packages,
                                                   .container_images = manifest.container_images,
                                                   .stored = manifest.stored_packages},
                           manifest.epoch);
    plan::fetch_remote_files(plan, options_.network, services_);
    fetch_stored_packages(plan, options_.network, services_);
    const BuildOptions build_options{.plan = std::move(plan_options),
                                     .resolve = {.network = options_.network},
                                     .output_directory = made(work_.path() / "out"),
                                     .rung = options_.rung,
                                     .machine_kernel = options_.machine_kernel,
                                     .report_file = {},
                                     .tool_version = options_.tool_version,
                                     // A proof asks nothing of what was to be proved.
                                     .stage_reuse = StageReuse::refused};
    compare(compose(plan, build_options, services_).files, sums, manifest, verification);
  }

private:
  static std::filesystem::path made(const std::filesystem::path& directory) {
    std::filesystem::create_directories(directory);
    return directory;
  }

  std::filesystem::path published(const std::string& suffix) const {
    return options_.directory / (name_ + suffix);
  }

  std::string report_file() const {
    return published(std::string(audit::k_report_suffix)).string();
  }

  json::Value read_report() const {
    const std::string file = report_file();
    return json::parse(read_published(file, k_largest_document), file);
  }

  void customize_again(const ReportedBase& base, const plan::BuildInputs& inputs,
                       const audit::Manifest& manifest) {
    plan::PlanOptions plan = options_for(inputs, manifest);
    plan.architectures = {};
    read_what_is_named(plan,
                       [](const plan::PlanOptions& named) { return plan::plan_customize(named); });
    const CustomizeOptions customizing{
        .plan = std::move(plan),
        .network = options_.network,
        .base = options_.base.empty() ? base.path : options_.base,
        .base_format = base.base_format,
        .epoch = manifest.epoch,
        .output_directory = made(work_.path() / "out"),
        .tool_version = options_.tool_version,
        .repeated = RepeatedCustomizing{.files = inputs.files, .lock = base.lock},
        .rung = options_.rung,
        .machine_kernel = options_.machine_kernel};
    if (!std::filesystem::exists(customizing.base)) {
      throw_cannot_verify(
          fmt::format("the base {} is not there any more", base::quoted(customizing.base.string())),
          "say where it is with --image");
    }
    made_again_ = customize_as_root(customizing, services_).files;
  }

  plan::BuildInputs inputs_of(const json::Value& report) const {
    const std::string file = report_file();
    const json::Value* inputs = report.find("inputs");
    if (inputs == nullptr) {
      throw_cannot_verify(
          fmt::format("{} does not say what the image was made from", base::quoted(file)),
          "build again with this version of Imagewright");
    }
    return plan::inputs_from(*inputs, file);
  }

  plan::PlanOptions options_for(const plan::BuildInputs& inputs,
                                const audit::Manifest& manifest) const {
    plan::PlanOptions plan{.config = options_.config.empty() ? inputs.config : options_.config,
                           .architectures = {manifest.architecture},
                           .release = inputs.release,
                           .repositories = inputs.repositories,
                           .key_files = options_.key_files,
                           .formats = inputs.formats,
                           .release_directories = options_.release_directories};
    if (!options_.repositories.empty()) plan.repositories = options_.repositories;
    if (!std::filesystem::exists(model::config_path_from(plan.config).file)) {
      throw_cannot_verify(
          fmt::format("the config {} is not there any more", base::quoted(plan.config.string())),
          "say where it is with --config");
    }
    return plan;
  }

  /// Whoever made the directory names the config and the release. They may be any files of this
  /// host: then no message shows what is in them.
  template <typename Read>
  std::invoke_result_t<Read, const plan::PlanOptions&>
  read_what_is_named(const plan::PlanOptions& options, const Read& read) const {
    std::string code;
    try {
      return read(options);
    } catch (const base::InputError& error) {
      if (!options_.config.empty()) throw;
      const auto& all = error.diagnostics().items();
      code = all.empty() ? "" : all.front().code;
    } catch (const base::Error& error) {
      if (!options_.config.empty()) throw;
      code = error.diagnostic().code;
    }
    throw_cannot_verify(
        fmt::format("{}, which {} names as the config, cannot be used as one ({})",
                    base::quoted(options.config.string()), base::quoted(report_file()), code),
        "if it is the config, say so with --config: messages tell what is wrong with it then");
  }

  plan::BuildPlan plan_for(const plan::BuildInputs& inputs,
                           const plan::PlanOptions& options) const {
    plan::PlannedBuild planned = read_what_is_named(
        options, [](const plan::PlanOptions& named) { return plan::plan_build(named); });
    IMAGEWRIGHT_ASSERT(planned.plans.size() == 1);
    plan::BuildPlan plan = std::move(planned.plans.front());
    if (plan::inputs_of(plan, options).files != inputs.files) {
      throw base::Error(
          base::FailureKind::input, "pipeline.config-changed",
          fmt::format("{}, or a file that it is made of or names, is not what {} was made from",
                      base::quoted(options.config.string()), name_),
          "check out the revision of the config that the image was built from");
    }
    return plan;
  }

  /// Archives have no partitions to be compared by; their manifests list the same files.
  static bool is_disk(const audit::Manifest& manifest, const std::string& name) {
    return std::any_of(manifest.artifacts.begin(), manifest.artifacts.end(),
                       [&](const audit::ArtifactRecord& artifact) {
                         return artifact.file == name && model::is_disk(artifact.format);
                       });
  }

  void compare(const std::vector<fs::PublishedFile>& made_again, const Sums& sums,
               const audit::Manifest& manifest, Verification& verification) const {
    bool has_image_difference = false;
    for (const fs::PublishedFile& file : made_again) {
      const std::string name = file.path.filename().string();
      if (audit::tells_of_one_run(name)) continue;
      const auto expected = sums.find(name);
      const bool is_same = expected != sums.end() && expected->second == file.digest.hex;
      verification.files.push_back({name, is_same, file.digest});
      const bool can_compare = expected != sums.end() && is_disk(manifest, name);
      if (is_same || !can_compare || has_image_difference) continue;
      has_image_difference = true;
      explain(audit::compare_files(options_.directory / name, file.path, services_.cancellation),
              verification);
    }
    if (has_image_difference || verification.is_same()) return;
    explain(audit::compare_files(published(std::string(k_manifest_suffix)),
                                 work_.path() / "out" / (name_ + std::string(k_manifest_suffix)),
                                 services_.cancellation),
            verification);
  }

  void explain(audit::Comparison comparison, Verification& verification) const {
    for (audit::DifferenceSection& section : comparison.sections) {
      section.title = name_ + ": " + section.title;
      verification.differences.sections.push_back(std::move(section));
    }
  }

  const VerifyOptions& options_;
  const plan::Services& services_;
  std::string name_;
  fs::ClaimedDirectory work_;
  std::vector<fs::PublishedFile> made_again_; ///< of a base
};

} // namespace

bool Verification::is_same() const {
  return std::all_of(files.begin(), files.end(),
                     [](const VerifiedFile& file) { return file.is_same; });
}

Verification verify_outputs(const VerifyOptions& options, const plan::Services& services) {
  return verify_sets(options, {options.directory}, services);
}

Verification verify_sets(const VerifyOptions& options,
                         const std::vector<std::filesystem::path>& directories,
                         const plan::Services& services) {
  std::vector<Sums> sums;
  for (const std::filesystem::path& directory : directories) {
    sums.push_back(read_sums(directory));
    require_unchanged(directory, sums.back());
  }
  Verification verification;
  VerifyOptions decided = options;
  decided.rung = choose_rung(options.rung, services.reporter);
  // As for a build: before there are threads.
  sandbox::become_root(*decided.rung);
  for (std::size_t index = 0; index < directories.size(); ++index) {
    decided.directory = directories[index];
    const std::size_t before = verification.files.size();
    for (const std::string& name : image_names(decided.directory, sums[index]))
      Repetition(decided, services, name).run(sums[index], verification);
    for (std::size_t file = before; directories.size() > 1 && file < verification.files.size();
         ++file) {
      std::string& name = verification.files[file].name;
      name = fmt::format("{}/{}", decided.directory.filename().string(), name);
    }
  }
  return verification;
}

std::string to_text(const Verification& verification) {
  std::string text;
  for (const VerifiedFile& file : verification.files) {
    text += fmt::format("{}: {}\n", file.name, file.is_same ? "same bytes" : "DIFFERENT");
  }
  return text + audit::to_text(verification.differences);
}

json::Value to_json(const Verification& verification) {
  json::Array files;
  for (const VerifiedFile& file : verification.files) {
    files.push_back(json::Object{
        {"name", file.name}, {"same", file.is_same}, {"digest", file.digest.to_string()}});
  }
  return json::Object{{"imagewrightVerification", 1},
                      {"same", verification.is_same()},
                      {"files", std::move(files)},
                      {"differences", audit::to_json(verification.differences)}};
}

} // namespace imagewright::pipeline
