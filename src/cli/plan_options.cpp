// SPDX-License-Identifier: MIT
#include "plan_options.hpp"

#include <charconv>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/secret_words.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/config/load.hpp>
#include <imagewright/lock/lock_file.hpp>
#include <imagewright/model/architecture_names.hpp>
#include <imagewright/model/config_path.hpp>
#include <imagewright/model/image_format.hpp>

#include "config_file.hpp"
#include "data_directories.hpp"
#include "usage_mistake.hpp"

namespace imagewright::cli {

namespace {

plan::RepositoryOverride repository_from(const std::string& word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == word.size()) {
    throw_usage(fmt::format("{} is not of the form NAME=URL or NAME=DIRECTORY",
                            base::quoted(base::without_login(word))),
                "for example --repo base=/srv/mirror/base");
  }
  plan::RepositoryOverride repository{word.substr(0, equals), word.substr(equals + 1)};
  std::error_code error;
  if (repository.address.find("://") == std::string::npos &&
      !std::filesystem::is_directory(repository.address, error)) {
    throw base::Error(base::FailureKind::input, "cli.missing-input",
                      fmt::format("there is no directory {} for the repository {}",
                                  base::quoted(base::without_login(repository.address)),
                                  base::quoted(repository.name)),
                      "give a directory with repodata/repomd.xml, or a URL");
  }
  return repository;
}

base::Epoch epoch_from(const std::string& text) {
  std::int64_t seconds = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, seconds);
  // File systems of images hold unsigned 32-bit seconds at least.
  if (result.ec != std::errc() || result.ptr != end || seconds < 0 || seconds > 0xFFFFFFFFLL) {
    throw_usage(fmt::format("SOURCE_DATE_EPOCH is {}, not a number of seconds since 1970",
                            base::quoted(text)),
                "unset it, or set it to the output of: git log -1 --format=%ct");
  }
  return base::Epoch(std::chrono::seconds(seconds));
}

bool is_continuous_integration(const CommandContext& context) {
  const auto value = context.invocation.environment("CI");
  return value && !value->empty() && *value != "false" && *value != "0";
}

} // namespace

namespace {

std::vector<std::pair<std::string, std::string>> other_architecture_names() {
  std::vector<std::pair<std::string, std::string>> names;
  for (const model::ArchitectureName& row : model::k_architecture_names) {
    for (const std::string_view other : row.other_names)
      if (!other.empty()) names.emplace_back(other, row.name);
  }
  return names;
}

} // namespace

Argument release_argument(PlanWords& words) {
  return {.names = {"--release"},
          .value = "FILE|NAME",
          .description = "Release profile: a name (see imagewright releases) or a file",
          .target = &words.release,
          .completes = Completes::releases};
}

Argument architecture_argument(PlanWords& words, std::string description) {
  return {.names = {"--arch"},
          .value = "ARCH",
          .description = std::move(description),
          .target = &words.architectures,
          .choices = model::architecture_words(),
          .aliases = other_architecture_names()};
}

Argument repository_argument(PlanWords& words) {
  return {.names = {"--repo"},
          .value = "NAME=URL|DIR",
          .description = "Take the repository NAME from there, or add it",
          .target = &words.repositories};
}

Argument epoch_argument(PlanWords& words) {
  return {.names = {"--source-date-epoch"},
          .value = "SECONDS",
          .description = "Time stamp of the image in seconds since 1970, by default "
                         "SOURCE_DATE_EPOCH, else the newest build time among the packages",
          .target = &words.epoch,
          .range = std::pair{std::int64_t{0}, std::int64_t{0xFFFFFFFF}}};
}

namespace {

constexpr std::string_view k_every_variant = "all";

} // namespace

Argument variant_argument(PlanWords& words) {
  return {.names = {"--variant"},
          .value = "NAME",
          .description = "One of the config's variants, or all; the same as CONFIG@NAME",
          .target = &words.variant};
}

std::string chosen_config(const std::string& config, const std::string& variant) {
  if (variant.empty() || config.empty()) return config;
  auto named = model::config_path_from(config);
  if (!named.variant.empty() && named.variant != variant) {
    throw_usage(fmt::format("{} names the variant {}, and --variant {}", base::quoted(config),
                            base::quoted(named.variant), base::quoted(variant)),
                "leave one of the two out");
  }
  named.variant = variant;
  const std::string path = model::path_of(named).string();
  if (model::config_path_from(path) == named) return path;
  throw_usage(fmt::format("{} is no name of a variant, or {} no .yaml file", base::quoted(variant),
                          base::quoted(config)),
              "names of variants have letters in lower case, digits, \".\", \"_\" and \"-\"");
}

ExitCode for_each_variant(PlanWords& words, Output output, const std::function<ExitCode()>& work) {
  const std::string config = words.config;
  if (words.variant != k_every_variant) {
    words.config = chosen_config(config, words.variant);
    return work();
  }
  input_file(config, "config");
  const std::vector<std::string> names = config::variants_in(config);
  if (names.empty()) {
    throw base::Error(base::FailureKind::input, "cli.usage",
                      fmt::format("{} has no variants", base::quoted(config)),
                      "leave --variant out, or add \"variants\" to the config");
  }
  if (output == Output::single && names.size() > 1)
    throw_usage("--variant all has several results, of which there can be one here",
                fmt::format("choose one of {}", base::join(names, ", ")));
  for (const std::string& name : names) {
    words.config = chosen_config(config, name);
    const ExitCode code = work();
    if (code != ExitCode::done) return code;
  }
  return ExitCode::done;
}

void add_plan_options(Command& command, PlanWords& words) {
  command.arguments.push_back({.value = "CONFIG",
                               .description = "The image config, a YAML file",
                               .target = &words.config,
                               .completes = Completes::files,
                               .is_required = true});
  command.arguments.push_back(variant_argument(words));
  command.arguments.push_back(architecture_argument(
      words, "Architecture to compose for, by default the config's, else the host's"));
  command.arguments.push_back(release_argument(words));
  command.arguments.push_back(repository_argument(words));
  command.arguments.push_back(key_argument(words));
}

Argument key_argument(PlanWords& words, const std::string& name) {
  return {.names = {name},
          .value = "FILE",
          .description = "Public key of a repository that names its key by the fingerprint",
          .target = &words.keys,
          .completes = Completes::files};
}

void add_format_option(Command& command, PlanWords& words) {
  command.arguments.push_back({.names = {"--format"},
                               .value = "FORMAT",
                               .description = "Image format in place of the config's",
                               .target = &words.formats,
                               .choices = model::image_format_words()});
}

void add_lock_use_options(Command& command, PlanWords& words) {
  command.arguments.push_back(
      {.names = {"--locked"},
       .description = "Refuse to resolve: the lock must be there and fresh (the default when CI is "
                      "set and there is a lock)",
       .target = &words.is_locked});
  command.arguments.push_back(epoch_argument(words));
  add_offline_option(command, words);
}

void add_offline_option(Command& command, PlanWords& words) {
  command.arguments.push_back({.names = {"--offline"},
                               .description = "Use only the cache and local directories",
                               .target = &words.is_offline});
}

plan::PlanOptions plan_options_from(const PlanWords& words, const CommandContext& context) {
  if (!words.config.empty()) {
    const std::string file = model::config_path_from(words.config).file.string();
    input_file(file, "config");
    refuse_what_is_no_config(file);
  }
  plan::PlanOptions options{.config = words.config,
                            .architectures = words.architectures,
                            .release = words.release,
                            .release_directories =
                                installed_directories(context.invocation, "releases")};
  for (const std::string& word : words.repositories) {
    options.repositories.push_back(repository_from(word));
  }
  for (const std::string& word : words.keys) {
    input_file(word, "key");
    options.key_files.push_back(std::filesystem::absolute(word));
  }
  for (const std::string& word : words.formats) {
    options.formats.push_back(model::find_image_format(word).value());
  }
  return options;
}

plan::ResolveOptions resolve_options_from(const PlanWords& words, const CommandContext& context) {
  plan::ResolveOptions options;
  std::error_code unreachable;
  const bool has_lock = std::filesystem::exists(lock::lock_path_of(words.config), unreachable);
  const bool is_pipeline = is_continuous_integration(context);
  if (words.is_locked || (is_pipeline && has_lock)) options.lock_use = plan::LockUse::required;
  if (is_pipeline) options.missing_lock = plan::MissingLock::told;
  if (words.is_offline) options.network = plan::NetworkUse::forbidden;
  options.epoch = words.epoch >= 0 ? base::Epoch(std::chrono::seconds(words.epoch))
                                   : environment_epoch(context);
  return options;
}

std::optional<base::Epoch> environment_epoch(const CommandContext& context) {
  const auto text = context.invocation.environment("SOURCE_DATE_EPOCH");
  return text ? std::optional(epoch_from(*text)) : std::nullopt;
}

} // namespace imagewright::cli
