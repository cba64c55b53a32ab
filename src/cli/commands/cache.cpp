// SPDX-License-Identifier: MIT
#include <chrono>
#include <memory>

#include <fmt/format.h>

#include <imagewright/json/value.hpp>
#include <imagewright/pipeline/manage_cache.hpp>

#include "../command.hpp"

namespace imagewright::cli {

namespace {

struct CacheWords {
  unsigned days = 30;
  bool is_json = false;
};

std::string describe(const pipeline::CacheUsage& usage) {
  return fmt::format("{} files, {}", usage.file_count, base::to_string(usage.size));
}

ExitCode run_info(const CacheWords& words, const CommandContext& context) {
  const pipeline::CacheUsage usage = pipeline::cache_usage(context.options.cache_directory());
  const std::string directory = context.options.cache_directory().string();
  context.console.print(words.is_json ? json::to_text(json::Object{{"directory", directory},
                                                                   {"files", usage.file_count},
                                                                   {"bytes", usage.size.bytes()}})
                                      : fmt::format("{}: {}\n", directory, describe(usage)));
  return ExitCode::done;
}

ExitCode run_prune(const CacheWords& words, const CommandContext& context) {
  const auto oldest = std::chrono::system_clock::now() - std::chrono::days(words.days);
  const pipeline::CacheUsage removed =
      pipeline::prune_cache(context.options.cache_directory(), oldest);
  context.console.print(fmt::format("removed {}\n", describe(removed)));
  return ExitCode::done;
}

} // namespace

RegisteredCommand add_cache_command(CLI::App& application) {
  const auto words = std::make_shared<CacheWords>();
  CLI::App* parser =
      application.add_subcommand("cache", "Look at or clean the cache of packages and metadata");
  parser->require_subcommand(1);
  CLI::App* info = parser->add_subcommand("info", "How much is in the cache");
  info->add_flag("--json", words->is_json, "Print it as JSON");
  CLI::App* prune = parser->add_subcommand("prune", "Remove what was not used lately");
  prune->add_option("--days", words->days, "What was used within so many days stays")
      ->check(CLI::Range(0U, 36500U))
      ->capture_default_str();
  return {parser, [words, prune](const CommandContext& context) {
            return prune->parsed() ? run_prune(*words, context) : run_info(*words, context);
          }};
}

} // namespace imagewright::cli
