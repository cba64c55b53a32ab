// SPDX-License-Identifier: MIT
#include "plan_options.hpp"

#include <charconv>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/lock/lock_file.hpp>
#include <imagewright/model/architecture_names.hpp>
#include <imagewright/model/image_format.hpp>

namespace imagewright::cli {

namespace {

[[noreturn]] void throw_usage(std::string message, std::string hint) {
  throw base::Error(base::FailureKind::input, "cli.usage", std::move(message), std::move(hint));
}

plan::RepositoryOverride repository_from(const std::string& word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == word.size()) {
    throw_usage(fmt::format("{} is not of the form NAME=URL or NAME=DIRECTORY", base::quoted(word)),
                "for example --repo base=/srv/mirror/base");
  }
  return {word.substr(0, equals), word.substr(equals + 1)};
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

/// Where release profiles are installed, and where the environment says that they are.
std::vector<std::filesystem::path> release_directories(const CommandContext& context) {
  std::vector<std::filesystem::path> directories;
  if (const auto data = context.invocation.environment("IMAGEWRIGHT_DATA_DIR")) {
    directories.push_back(std::filesystem::path(*data) / "releases");
  }
  directories.emplace_back(IMAGEWRIGHT_INSTALLED_DATA_DIR "/releases");
  return directories;
}

} // namespace

void add_plan_options(CLI::App& parser, PlanWords& words) {
  parser.add_option("CONFIG", words.config, "The image config, a YAML file")->required();
  parser
      .add_option(
          "--arch", words.architectures,
          "Architecture to compose for, repeatable (default: the config's, else the host's)")
      ->check(CLI::IsMember(model::architecture_words()));
  parser.add_option("--release", words.release, "Release profile: a name or a file");
  parser.add_option("--repo", words.repositories,
                    "NAME=URL or NAME=DIRECTORY: take a repository from there, repeatable");
}

void add_format_option(CLI::App& parser, PlanWords& words) {
  parser.add_option("--format", words.formats, "Image format, repeatable; overrides the config")
      ->check(CLI::IsMember(model::image_format_words()));
}

void add_lock_use_options(CLI::App& parser, PlanWords& words) {
  parser.add_flag("--locked", words.is_locked,
                  "Refuse to resolve: the lock must be there and fresh (default when CI is set and "
                  "there is a lock)");
  parser
      .add_option("--source-date-epoch", words.epoch,
                  "Time stamp of the image in seconds since 1970 (default: SOURCE_DATE_EPOCH, else "
                  "the newest build time among the packages)")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{0xFFFFFFFF}));
  add_offline_option(parser, words);
}

void add_offline_option(CLI::App& parser, PlanWords& words) {
  parser.add_flag("--offline", words.is_offline, "Use only the cache and local directories");
}

plan::PlanOptions plan_options_from(const PlanWords& words, const CommandContext& context) {
  plan::PlanOptions options{.config = words.config,
                            .architectures = words.architectures,
                            .release = words.release,
                            .release_directories = release_directories(context)};
  for (const std::string& word : words.repositories) {
    options.repositories.push_back(repository_from(word));
  }
  for (const std::string& word : words.formats) {
    options.formats.push_back(model::find_image_format(word).value());
  }
  return options;
}

plan::ResolveOptions resolve_options_from(const PlanWords& words, const CommandContext& context) {
  plan::ResolveOptions options;
  const bool has_lock = std::filesystem::exists(lock::lock_path_of(words.config));
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
