// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/config/base_reference.hpp>
#include <imagewright/config/history.hpp>
#include <imagewright/config/load.hpp>
#include <imagewright/config/support.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/model/kernel_command_line.hpp>
#include <imagewright/plan/customize_packages.hpp>
#include <imagewright/plan/customize_plan.hpp>
#include <imagewright/plan/output_format.hpp>
#include <imagewright/policy/command_line_fitness.hpp>
#include <imagewright/policy/selinux_words.hpp>
#include <imagewright/policy/system_policy.hpp>

#include "customize_boot.hpp"
#include "outputs.hpp"
#include "package_sources.hpp"

namespace imagewright::plan {

namespace {

void require_architecture(const model::ImageConfig& config,
                          const model::Architecture& architecture) {
  const auto& wanted = config.architectures;
  const bool is_wanted =
      wanted.empty() || std::ranges::any_of(wanted, [&](const model::LocatedText& name) {
        return model::find_architecture(name.text) == &architecture;
      });
  if (is_wanted) return;
  base::Diagnostics mistakes;
  mistakes.error("customize.other-architecture",
                 fmt::format("the base is of architecture {}, which the config does not name",
                             architecture.name),
                 wanted.front().where, "give the base of the architecture that is meant");
  throw base::InputError(std::move(mistakes));
}

finalize::CommandLineChange command_line_change(const model::OsConfig& os) {
  finalize::CommandLineChange change;
  change.dropped = os.removed_kernel_arguments;
  if (os.selinux_mode) {
    change.removed = {"security", "selinux", "enforcing"};
    change.lasting = policy::selinux_arguments(os.selinux_mode->value);
  }
  for (const model::LocatedText& entry : os.kernel_command_line) {
    for (std::string& word : model::kernel_words(entry.text))
      change.appended.push_back(std::move(word));
  }
  return change;
}

/// The words of the entry that starts by itself, as they become. Of those that the base has nothing
/// is said: whoever made it knows how they reach the kernel.
void refuse_unfit_words(const model::OsConfig& os, const BaseFacts& facts) {
  const finalize::CommandLineChange change = command_line_change(os);
  std::vector<model::KernelArgument> line;
  for (std::string& word : model::kernel_words(facts.command_line)) {
    if (!is_taken_away(model::kernel_parameter(word), change))
      line.push_back({.text = std::move(word), .origin = "the base", .where = {}});
  }
  std::vector<model::KernelArgument> own;
  for (const model::LocatedText& entry : os.kernel_command_line) {
    for (std::string& word : model::kernel_words(entry.text))
      own.push_back({.text = std::move(word), .origin = "the config", .where = entry.where});
  }
  if (own.empty()) return;
  base::Diagnostics mistakes;
  const auto reader = policy::command_line_reader(facts.architecture, facts.boot_loader);
  policy::refuse_unfit_words(reader, own, os.where, mistakes);
  if (!mistakes.has_errors()) {
    line.insert(line.end(), own.begin(), own.end());
    policy::refuse_long_line(reader, line, os.where, mistakes);
  }
  if (mistakes.has_errors()) throw base::InputError(std::move(mistakes));
}

/// What the config asks of SELinux, and a check for each thing that the booted system can answer.
model::SystemPolicy policy_of(const model::ImageConfig& config, const BaseFacts& facts) {
  model::SystemPolicy policy;
  policy.file_labels = facts.has_selinux ? model::FileLabels::automatic : model::FileLabels::none;
  if (const auto& mode = config.os.selinux_mode) {
    const bool is_off = mode->value == model::SelinuxMode::disabled;
    const std::string setting = policy::selinux_setting(mode->value);
    policy.file_labels = is_off ? model::FileLabels::none : model::FileLabels::required;
    policy.settings.push_back({.path = "/etc/selinux/config",
                               .key = "SELINUX",
                               .value = setting,
                               .absence = is_off ? model::PolicySetting::Absence::ignored
                                                 : model::PolicySetting::Absence::refused,
                               .hint = "customize an image that has an SELinux policy",
                               .origin = "os.selinux.mode"});
    policy.checks.push_back({.name = "SELinux is " + setting,
                             .kind = model::CheckKind::selinux_mode,
                             .subject = "",
                             .expected = setting});
  }
  for (const model::LocatedText& entry : config.os.kernel_command_line) {
    for (const std::string& word : model::kernel_words(entry.text)) {
      policy.checks.push_back({.name = "the kernel command line has " + word,
                               .kind = model::CheckKind::command_line_has,
                               .subject = "",
                               .expected = word});
    }
  }
  for (const model::LocatedText& entry : config.os.removed_kernel_arguments) {
    const bool is_given_anew =
        std::ranges::any_of(config.os.kernel_command_line, [&](const model::LocatedText& given) {
          const auto words = model::kernel_words(given.text);
          return std::ranges::any_of(words, [&](const std::string& word) {
            return model::is_same_parameter(model::kernel_parameter(word).name,
                                            model::kernel_parameter(entry.text).name);
          });
        });
    if (is_given_anew) continue;
    policy.checks.push_back({.name = "the kernel command line has no " + entry.text,
                             .kind = model::CheckKind::command_line_lacks,
                             .subject = "",
                             .expected = entry.text});
  }
  for (const model::CheckRequest& request : config.checks)
    policy.checks.push_back(request.check);
  return policy;
}

/// A volume is one filesystem made of a whole root; a base has filesystems that stay apart.
void refuse_volumes(const std::vector<model::OutputImage>& outputs, base::Diagnostics& mistakes) {
  for (const model::OutputImage& output : outputs) {
    const auto format = model::image_format_of(output.format);
    if (!format || model::row_of(*format).kind != model::ImageKind::volume) continue;
    mistakes.error(
        "config.unsupported-key",
        fmt::format("an image that exists does not become a {}", model::row_of(*format).word),
        output.where, "choose another format, or compose the image with build");
  }
}

/// Where the base's own name of its release is one that is known.
bool is_known_release(const std::string& name, const PlanOptions& options,
                      const model::ImageConfig& config) {
  return !name.empty() && name.find('/') == std::string::npos &&
         find_known_release(name, config, options).has_value();
}

std::string history_entry(const CustomizePlan& plan, const finalize::FinalizePlan& root) {
  const auto& wish = plan.plan.config.os.image_history;
  if (wish && wish->value == model::ImageHistory::none) return {};
  return json::to_line(json::Object{{"timestamp", base::to_iso8601(root.epoch)},
                                    {"toolVersion", root.tool_version},
                                    {"imageUuid", root.record.uuid},
                                    {"config", config::history_of(plan.plan.config.path)}});
}

PlanOptions with_release_of_base(const PlanOptions& options, const model::ImageConfig& config,
                                 const std::string& release_of_base) {
  PlanOptions chosen = options;
  if (!names_release(config, options) && is_known_release(release_of_base, options, config))
    chosen.release = release_of_base;
  return chosen;
}

} // namespace

CustomizePlan plan_customize(const PlanOptions& options) {
  config::LoadedImageConfig loaded = load_config(options);
  base::Diagnostics mistakes = loaded.warnings;
  mistakes.append(config::unsupported_keys(loaded.config, config::Command::customize));
  CustomizePlan customize;
  if (loaded.config.input.image) customize.base = loaded.config.input.image->value;
  customize.base_in_registry = config::base_reference(loaded.config.input);
  customize.plan.config = std::move(loaded.config);
  customize.plan.outputs = outputs_of(customize.plan.config, options.formats, mistakes);
  refuse_volumes(customize.plan.outputs, mistakes);
  PlannedBuild planned;
  planned.plans.push_back(customize.plan);
  check_output_path(planned, mistakes);
  if (mistakes.has_errors()) throw base::InputError(mistakes);
  customize.warnings = std::move(mistakes);
  return customize;
}

bool sets_boot_up_anew(const model::ImageConfig& config) {
  const auto& mode = config.os.uki_mode;
  return config.storage.disk || config.os.bootloader_reset || verifies_existing(config) ||
         config.storage.reset_partition_uuids || (mode && mode->value == model::UkiMode::create);
}

bool verifies_existing(const model::ImageConfig& config) {
  return std::ranges::any_of(config.storage.verity, [](const model::VerityConfig& verity) {
    return verity.data_device.has_value();
  });
}

bool makes_verity_anew(const model::ImageConfig& config) {
  const auto& verity = config.storage.reinitialize_verity;
  return verity && verity->value == model::ReinitializeVerity::all;
}

bool needs_release(const model::ImageConfig& config) {
  const auto& fips = config.os.fips_mode;
  return sets_boot_up_anew(config) || config.os.packages.remove_package_manager ||
         policy::has_early_overlay(config.os) || (fips && fips->value == model::FipsMode::enabled);
}

void choose_sources(CustomizePlan& plan, const PlanOptions& options,
                    const std::string& release_of_base) {
  const model::ImageConfig& config = plan.plan.config;
  const bool asks = asks_for_packages(config) || needs_release(config);
  const PlanOptions chosen = with_release_of_base(options, config, release_of_base);
  base::Diagnostics mistakes;
  const bool has_release = names_release(config, chosen);
  const bool has_enough =
      needs_release(config) ? has_release : has_release || !config.repositories.empty();
  if (asks && !has_enough) {
    mistakes.error("pipeline.no-release",
                   "the config changes packages or the boot loader, and does not say which "
                   "release they are of",
                   config.os.where,
                   "add a line \"release: NAME\" with a name that \"imagewright releases\" lists, "
                   "give --release, or, for packages, name repositories");
    throw base::InputError(std::move(mistakes));
  }
  if (asks) add_package_sources(plan.plan, chosen, mistakes);
  if (mistakes.has_errors()) throw base::InputError(std::move(mistakes));
}

std::optional<BuildPlan> sources_of_release(const CustomizePlan& plan, const PlanOptions& options,
                                            const std::string& release_of_base,
                                            const model::Architecture& architecture) {
  const PlanOptions chosen = with_release_of_base(options, plan.plan.config, release_of_base);
  if (!names_release(plan.plan.config, chosen)) return std::nullopt;
  BuildPlan sources{.config = plan.plan.config, .release = {}, .architecture = architecture};
  base::Diagnostics mistakes;
  add_package_sources(sources, chosen, mistakes);
  if (mistakes.has_errors()) throw base::InputError(std::move(mistakes));
  return sources;
}

std::vector<model::PackageRequest> packages_for_wishes(const CustomizePlan& plan,
                                                       const std::vector<model::Nevra>& installed) {
  const model::ImageConfig& config = plan.plan.config;
  std::vector<std::pair<std::string, base::SourceLocation>> roles;
  if (const auto& fips = config.os.fips_mode; fips && fips->value == model::FipsMode::enabled)
    roles.emplace_back("fips", fips->where);
  if (!config.storage.verity.empty())
    roles.emplace_back("verity", config.storage.verity.front().where);
  if (const auto& uki = config.os.uki_mode; uki && uki->value == model::UkiMode::create)
    roles.emplace_back("bootloader-systemd-boot", uki->where);
  std::vector<model::PackageRequest> wanted;
  for (const auto& [role, where] : roles) {
    const auto packages = plan.plan.release.roles.find(role);
    if (packages == plan.plan.release.roles.end()) continue;
    for (const auto& package : packages->second.for_architecture(plan.plan.architecture.name)) {
      const bool is_there =
          std::ranges::find(installed, package.text, &model::Nevra::name) != installed.end();
      if (is_there) continue;
      wanted.push_back(
          {.spec = package.text,
           .where = where,
           .origin = fmt::format("role {} of release {}", role, plan.plan.release.name)});
    }
  }
  return wanted;
}

std::vector<model::LocatedText> package_manager_of(const CustomizePlan& plan,
                                                   const std::vector<model::Nevra>& installed) {
  std::vector<model::LocatedText> found;
  const auto& wish = plan.plan.config.os.packages.remove_package_manager;
  if (!wish) return found;
  const auto role = plan.plan.release.roles.find("package-manager");
  if (role == plan.plan.release.roles.end()) {
    base::Diagnostics mistakes;
    mistakes.error("policy.missing-role",
                   fmt::format("release {} does not say which packages are its package manager",
                               base::quoted(plan.plan.release.name)),
                   *wish, "add the role package-manager to the release profile");
    throw base::InputError(std::move(mistakes));
  }
  for (const auto& package : role->second.for_architecture(plan.plan.architecture.name)) {
    const bool is_there =
        std::ranges::find(installed, package.text, &model::Nevra::name) != installed.end();
    if (is_there) found.push_back({package.text, *wish});
  }
  return found;
}

finalize::FinalizePlan customize_root_plan(const CustomizePlan& plan, const BaseFacts& facts,
                                           const base::Digest& inputs,
                                           const std::string& tool_version) {
  const model::ImageConfig& config = plan.plan.config;
  require_architecture(config, facts.architecture);
  finalize::FinalizePlan root;
  root.origin = finalize::RootOrigin::base_image;
  root.image_name = config.name;
  root.tool_version = tool_version;
  root.architecture = facts.architecture;
  root.epoch = facts.epoch;
  // What lies where; verified filesystems are spoken of where their hashes change.
  root.layout = facts.layout;
  root.layout.verity.clear();
  root.layout.uuid = facts.disk_uuid;
  root.policy = policy_of(config, facts);
  root.os = config.os;
  root.scripts = config.scripts;
  root.script_files = config.output.script_files;
  root.command_line_change = command_line_change(config.os);
  root.removes_package_manager = config.os.packages.remove_package_manager.has_value();
  root.record.uuid =
      base::Uuid::from_name(facts.digest.hex,
                            fmt::format("{} {} {} {}", config.name, facts.architecture.name,
                                        inputs.hex, facts.epoch.time_since_epoch().count()))
          .to_string();
  add_kernel_wishes(plan, facts, root);
  if (makes_verity_anew(config)) root.layout = with_booted_verity(facts.layout, facts.command_line);
  if (sets_boot_up_anew(config))
    set_boot_up_anew(plan, facts, root);
  else
    refuse_unfit_words(config.os, facts);
  if (facts.can_keep_history || makes_verity_anew(config))
    root.record.history_entry = history_entry(plan, root);
  return root;
}

} // namespace imagewright::plan
