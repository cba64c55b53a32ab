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
  const pipeline::CacheUsage usage = pipeline::cache_usage(context.cache_directory());
  const std::string directory = context.cache_directory().string();
  context.console.print(words.is_json ? json::to_text(json::Object{{"directory", directory},
                                                                   {"files", usage.file_count},
                                                                   {"bytes", usage.size.bytes()}})
                                      : fmt::format("{}: {}\n", directory, describe(usage)));
  return ExitCode::done;
}

ExitCode run_prune(const CacheWords& words, const CommandContext& context) {
  const auto oldest = std::chrono::system_clock::now() - std::chrono::days(words.days);
  const pipeline::CacheUsage removed = pipeline::prune_cache(context.cache_directory(), oldest);
  context.console.print(
      words.is_json ? json::to_text(json::Object{{"directory", context.cache_directory().string()},
                                                 {"removedFiles", removed.file_count},
                                                 {"removedBytes", removed.size.bytes()}})
                    : fmt::format("removed {}\n", describe(removed)));
  return ExitCode::done;
}

} // namespace

Command cache_command() {
  const auto words = std::make_shared<CacheWords>();
  Command info{.name = "info", .summary = "How much is in the cache"};
  info.arguments = {json_argument(words->is_json)};
  info.examples = {{"imagewright cache info", "Where the cache is and how large"},
                   {"imagewright cache info --json --cache-dir /var/cache/imagewright",
                    "The same of another cache, for a program"}};
  info.action = [words](const CommandContext& context) { return run_info(*words, context); };
  Command prune{.name = "prune", .summary = "Remove what was not used lately"};
  prune.arguments = {{.names = {"--days"},
                      .value = "N",
                      .description = "What was used within so many days stays",
                      .target = &words->days,
                      .range = std::pair{std::int64_t{0}, std::int64_t{36500}}},
                     json_argument(words->is_json)};
  prune.examples = {{"imagewright cache prune", "Remove what was not used for a month"},
                    {"imagewright cache prune --days 0", "Remove everything"}};
  prune.action = [words](const CommandContext& context) { return run_prune(*words, context); };
  Command command{.name = "cache",
                  .summary = "Look at or clean the cache of packages and metadata",
                  .nested = {std::move(info), std::move(prune)}};
  command.examples = {{"imagewright cache info", "Where the cache is and how large"},
                      {"imagewright cache prune --days 7", "Keep what was used this week"}};
  return command;
}

} // namespace imagewright::cli
