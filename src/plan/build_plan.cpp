// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/config/load.hpp>
#include <imagewright/config/support.hpp>
#include <imagewright/finalize/plan.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/plan/build_plan.hpp>
#include <imagewright/plan/layout.hpp>
#include <imagewright/plan/lock_freshness.hpp>
#include <imagewright/plan/output_format.hpp>
#include <imagewright/plan/validate.hpp>
#include <imagewright/policy/system_policy.hpp>

#include "container_images.hpp"
#include "directories.hpp"
#include "outputs.hpp"
#include "package_sources.hpp"
#include "platform.hpp"

namespace imagewright::plan {

namespace {

[[noreturn]] void throw_input(base::Diagnostic diagnostic) {
  base::Diagnostics diagnostics;
  diagnostics.add(std::move(diagnostic));
  throw base::InputError(std::move(diagnostics));
}

std::filesystem::path find_release(const model::ImageConfig& config, const PlanOptions& options) {
  if (!names_release(config, options)) {
    throw_input(
        {.code = "pipeline.no-release",
         .message = "the config does not say which release the image is of",
         .where = base::SourceLocation{config.path.string()},
         .hint = "add a line \"release: NAME\" with a name that \"imagewright releases\" lists, "
                 "or give --release"});
  }
  const std::vector<std::filesystem::path> directories = release_directories(config, options);
  // A name on the command line is relative to where the command was given, one in a config to the
  // config.
  const bool is_from_option = !options.release.empty();
  const model::LocatedText name =
      is_from_option ? model::LocatedText{options.release, {"--release"}} : *config.release;
  const std::filesystem::path base = is_from_option
                                         ? std::filesystem::current_path()
                                         : std::filesystem::absolute(name.where.file).parent_path();
  return config::find_release_profile(name, base, directories);
}

std::vector<model::LocatedText> architectures_for(const model::ImageConfig& config,
                                                  const PlanOptions& options) {
  std::vector<model::LocatedText> names;
  for (const std::string& name : options.architectures)
    names.push_back({name, {"--arch"}});
  if (names.empty()) names = config.architectures;
  if (names.empty()) {
    const model::Architecture* host = model::host_architecture();
    if (host == nullptr) {
      throw base::Error(base::FailureKind::host, "pipeline.unknown-host-architecture",
                        "images for this host's own architecture cannot be composed",
                        "give one with --arch");
    }
    names.push_back({host->name, {config.path.string()}});
  }
  return names;
}

/// Replaces or adds the repositories that the command line names.
void apply_overrides(std::vector<model::Repository>& repositories,
                     const std::vector<RepositoryOverride>& overrides) {
  for (const RepositoryOverride& wanted : overrides) {
    const auto found =
        std::find_if(repositories.begin(), repositories.end(),
                     [&](const auto& repository) { return repository.name == wanted.name; });
    model::Repository& repository = found != repositories.end()
                                        ? *found
                                        : repositories.emplace_back(model::Repository{
                                              .name = wanted.name, .where = {"--repo"}});
    const bool is_url = wanted.address.find("://") != std::string::npos;
    repository.base_url = is_url ? wanted.address : "";
    repository.mirror_list.clear();
    repository.path = is_url ? "" : std::filesystem::absolute(wanted.address).string();
    repository.address_where = {"--repo"};
  }
}

/// The files of the command line, beside the profile, and where RPM systems have them.
std::vector<std::filesystem::path> key_places(const PlanOptions& options,
                                              const std::filesystem::path& release_file) {
  std::vector<std::filesystem::path> places = options.key_files;
  const std::filesystem::path directory = std::filesystem::absolute(release_file).parent_path();
  places.push_back(directory);
  places.push_back(directory / "keys");
  places.emplace_back("/etc/pki/rpm-gpg");
  return places;
}

std::vector<model::Repository> repositories_of(const BuildPlan& plan, const PlanOptions& options) {
  std::vector<model::Repository> repositories =
      config::repositories_for(plan.release, plan.config, plan.architecture.name);
  apply_overrides(repositories, options.repositories);
  return repositories;
}

} // namespace

bool names_release(const model::ImageConfig& config, const PlanOptions& options) {
  return config.release || !options.release.empty();
}

std::optional<std::filesystem::path> find_known_release(const std::string& name,
                                                        const model::ImageConfig& config,
                                                        const PlanOptions& options) {
  for (const std::filesystem::path& directory : release_directories(config, options)) {
    std::error_code ignored;
    const std::filesystem::path path = directory / (name + ".yaml");
    if (std::filesystem::is_regular_file(path, ignored)) return path;
  }
  return std::nullopt;
}

void add_package_sources(BuildPlan& plan, const PlanOptions& options, base::Diagnostics& mistakes) {
  const bool has_release = names_release(plan.config, options);
  if (has_release || plan.config.repositories.empty()) {
    plan.release_file = find_release(plan.config, options);
    config::LoadedReleaseProfile release = config::load_release_profile(plan.release_file);
    mistakes.append(release.warnings);
    plan.release = std::move(release.profile);
  }
  plan.repositories = repositories_of(plan, options);
  plan.key_places = key_places(options, has_release ? plan.release_file : plan.config.path);
}

namespace {

bool has_images_in_registries(const model::ImageConfig& config) {
  return std::ranges::any_of(config.os.container_images, [](const auto& image) {
    return image.source == model::ContainerSource::registry;
  });
}

/// Plans for one architecture; collects every mistake on the way.
class Planner {
public:
  Planner(const model::ImageConfig& config, const model::ReleaseProfile& release,
          const PlanOptions& options, base::Diagnostics& mistakes)
      : config_(config), release_(release), options_(options), mistakes_(mistakes) {
    if (has_images_in_registries(config)) lock_ = find_lock(config.path);
  }

  std::optional<BuildPlan> plan(const model::LocatedText& architecture_name) {
    const model::Architecture* architecture = find_architecture(architecture_name);
    if (architecture == nullptr) return std::nullopt;
    BuildPlan plan{.config = config_, .release = release_, .architecture = *architecture};
    plan.repositories = repositories_of(plan, options_);
    const std::optional<model::DiskLayout> layout = provisional_layout(plan);
    if (!layout) return std::nullopt;
    plan.outputs = outputs_of(config_, options_.formats, mistakes_);
    plan.platform = platform_of(plan.outputs, release_, mistakes_);
    policy::SystemPolicyResult decided = policy::system_policy({.config = config_,
                                                                .release = release_,
                                                                .architecture = *architecture,
                                                                .layout = *layout,
                                                                .platform = plan.platform});
    mistakes_.append(decided.diagnostics);
    mistakes_.append(finalize::check_boot_setup(config_, release_, *architecture, *layout));
    const model::ArchitectureLock* lock = lock_ ? lock_->find(architecture->name) : nullptr;
    plan.container_images = examine_container_images(
        config_, {.architecture = *architecture, .lock = lock}, *layout, decided.policy, mistakes_);
    plan.packages = requests(decided.policy);
    return plan;
  }

private:
  const model::Architecture* find_architecture(const model::LocatedText& name) {
    const bool is_offered = std::find(release_.architectures.begin(), release_.architectures.end(),
                                      name.text) != release_.architectures.end();
    const model::Architecture* architecture = model::find_architecture(name.text);
    if (architecture == nullptr || !is_offered) {
      mistakes_.error("pipeline.architecture-not-offered",
                      fmt::format("release {} has no packages for architecture {}", release_.name,
                                  base::quoted(name.text)),
                      name.where,
                      fmt::format("it has them for: {}", base::join(release_.architectures, ", ")));
      return nullptr;
    }
    return architecture;
  }

  /// Mount points and the like are known before the packages are, identifiers are not.
  std::optional<model::DiskLayout> provisional_layout(const BuildPlan& plan) {
    try {
      return layout_of(plan, "provisional");
    } catch (const base::InputError& error) {
      mistakes_.append(error.diagnostics());
      return std::nullopt;
    }
  }

  std::vector<model::PackageRequest> requests(const model::SystemPolicy& policy) {
    std::vector<model::PackageRequest> wanted = config_.os.packages.install;
    const auto& updates = config_.os.packages.update;
    wanted.insert(wanted.end(), updates.begin(), updates.end());
    wanted.insert(wanted.end(), policy.packages.begin(), policy.packages.end());
    std::sort(wanted.begin(), wanted.end());
    // Of several lines that ask for the same, the first stays as the one to point at.
    const auto same = [](const auto& left, const auto& right) { return left.spec == right.spec; };
    wanted.erase(std::unique(wanted.begin(), wanted.end(), same), wanted.end());
    return wanted;
  }

  const model::ImageConfig& config_;
  const model::ReleaseProfile& release_;
  const PlanOptions& options_;
  base::Diagnostics& mistakes_;
  std::optional<model::Lock> lock_;
};

/// The same mistake of two architectures is shown once.
base::Diagnostics without_repetition(const base::Diagnostics& diagnostics) {
  base::Diagnostics unique;
  for (const base::Diagnostic& diagnostic : diagnostics.sorted()) {
    const auto& known = unique.items();
    if (std::find(known.begin(), known.end(), diagnostic) == known.end()) unique.add(diagnostic);
  }
  return unique;
}

} // namespace

const model::StorageConfig& storage_of(const BuildPlan& plan) {
  return plan.config.storage.disk ? plan.config.storage : plan.release.default_storage;
}

model::DiskLayout layout_of(const BuildPlan& plan, const std::string& seed) {
  return make_layout(storage_of(plan), {.architecture = plan.architecture,
                                        .filesystem_features = plan.release.filesystem_features,
                                        .seed = seed});
}

namespace {

enum class Demand : std::uint8_t {
  buildable, ///< every key must be one that build honours
  correct,   ///< no mistakes; a config for customizing need not be one that build honours
};

PlannedBuild make_plans(const config::LoadedImageConfig& loaded, const PlanOptions& options,
                        Demand demand) {
  PlannedBuild planned;
  if (demand == Demand::correct && !names_release(loaded.config, options)) {
    planned.warnings = loaded.warnings;
    return planned;
  }
  const std::filesystem::path release_file = find_release(loaded.config, options);
  const config::LoadedReleaseProfile release = config::load_release_profile(release_file);
  base::Diagnostics mistakes = loaded.warnings;
  mistakes.append(release.warnings);
  // A config with an input is made for customizing, of which build is not asked.
  if (demand == Demand::buildable || !loaded.config.input.is_given()) {
    mistakes.append(config::unsupported_keys(loaded.config, config::Command::build));
  }
  if (demand == Demand::buildable)
    mistakes.append(config::small_fat_filesystems(loaded.config.storage));
  Planner planner(loaded.config, release.profile, options, mistakes);
  for (const model::LocatedText& name : architectures_for(loaded.config, options)) {
    auto plan = planner.plan(name);
    if (!plan) continue;
    plan->release_file = release_file;
    plan->key_places = key_places(options, release_file);
    plan->given_keys = options.key_files;
    for (const RepositoryOverride& repository : options.repositories)
      plan->moved_repositories.push_back(repository.name);
    planned.plans.push_back(std::move(*plan));
  }
  check_output_path(planned, mistakes);
  planned.warnings = without_repetition(mistakes);
  return planned;
}

PlannedBuild without_errors(PlannedBuild planned) {
  if (planned.warnings.has_errors()) throw base::InputError(planned.warnings);
  return planned;
}

/// Without what only files could tell, where these need not be there.
config::LoadedImageConfig for_checks(config::LoadedImageConfig loaded,
                                     const config::LoadOptions& options) {
  if (options.file_checks == config::FileChecks::skipped) loaded.config.os.container_images.clear();
  return loaded;
}

} // namespace

config::LoadedImageConfig load_config(const PlanOptions& options) {
  return config::load_image_config(options.config, {.role_directories = role_directories(options)});
}

PlannedBuild plan_build(const PlanOptions& options) {
  return without_errors(make_plans(load_config(options), options, Demand::buildable));
}

PlannedBuild plan_packages(const PlanOptions& options) {
  config::LoadedImageConfig loaded = load_config(options);
  loaded.config.os.container_images.clear();
  return without_errors(make_plans(loaded, options, Demand::buildable));
}

base::Diagnostics validate_config(const PlanOptions& options,
                                  const config::LoadOptions& load_options) {
  try {
    return make_plans(
               for_checks(config::load_image_config(options.config, load_options), load_options),
               options, Demand::correct)
        .warnings;
  } catch (const base::InputError& error) {
    return error.diagnostics();
  }
}

base::Diagnostics validate_config_text(std::string_view text, const PlanOptions& options,
                                       const config::LoadOptions& load_options) {
  try {
    return make_plans(for_checks(config::load_image_config_text(text, options.config, load_options),
                                 load_options),
                      options, Demand::correct)
        .warnings;
  } catch (const base::InputError& error) {
    return error.diagnostics();
  }
}

base::Diagnostics validate_config(const PlanOptions& options) {
  return validate_config(options, {.role_directories = role_directories(options)});
}

} // namespace imagewright::plan
