// SPDX-License-Identifier: MIT
#include <charconv>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include <imagewright/advisory/read_inventory.hpp>
#include <imagewright/advisory/report.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/model/architecture_names.hpp>

#include "../checked_file.hpp"
#include "../command.hpp"
#include "../feed_options.hpp"
#include "../plan_options.hpp"
#include "../usage_mistake.hpp"
#include "version.hpp"

namespace imagewright::cli {

namespace {

struct AdvisoriesWords {
  std::string subject;
  std::string feed;
  std::string old_packages;
  std::string new_packages;
  advisory::InventoryChoice choice;
  std::string largest_age;
  std::string least_severity;
  std::string suppressions;
  std::string format = "text";
  bool has_largest_age = false;
};

/// "14d" or "12h".
std::optional<std::chrono::seconds> parse_age(std::string_view text) {
  unsigned count = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc() || stopped + 1 != end) return std::nullopt;
  if (*stopped == 'd') return std::chrono::hours(24) * count;
  if (*stopped == 'h') return std::chrono::hours(count);
  return std::nullopt;
}

[[noreturn]] void throw_undated(const advisory::Feed& feed, const std::string& hint) {
  throw base::Error(
      base::FailureKind::input, "advisory.undated-feed",
      fmt::format("the feed {} does not say when it was made", base::quoted(feed.file)), hint);
}

void require_young(const advisory::Feed& feed, std::chrono::seconds limit, base::Epoch now) {
  if (!feed.made) throw_undated(feed, "leave --max-feed-age out, or use a feed with a time");
  // Clocks differ by minutes; a feed from the future would never be too old.
  if (*feed.made - now > std::chrono::days(1)) {
    throw base::Error(base::FailureKind::input, "advisory.future-feed",
                      fmt::format("the feed {} says that it was made on {}, which is still to come",
                                  base::quoted(feed.file), base::to_iso8601(*feed.made)),
                      "look at the clock and SOURCE_DATE_EPOCH, or fetch the feed again");
  }
  if (now - *feed.made <= limit) return;
  throw base::Error(
      base::FailureKind::input, "advisory.stale-feed",
      fmt::format("the feed {} was made on {}, {} days ago", base::quoted(feed.file),
                  base::to_iso8601(*feed.made),
                  std::chrono::duration_cast<std::chrono::days>(now - *feed.made).count()),
      "fetch a newer one, or raise --max-feed-age");
}

/// SOURCE_DATE_EPOCH, so that a check can be made again later, else the clock.
base::Epoch current_time(const CommandContext& context) {
  if (const auto epoch = environment_epoch(context)) return *epoch;
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

/// Statements are as old as what they are made from.
base::Epoch statement_time(const advisory::Feed& feed, const CommandContext& context) {
  if (const auto epoch = environment_epoch(context)) return *epoch;
  if (!feed.made) throw_undated(feed, "set SOURCE_DATE_EPOCH to the time of the statements");
  return *feed.made;
}

std::string rendered(const advisory::Report& report, const std::string& format,
                     const CommandContext& context) {
  if (format == "openvex")
    return json::to_text(advisory::to_openvex(report, statement_time(report.feed, context)));
  if (format == "sarif") return json::to_text(advisory::to_sarif(report));
  return format == "markdown" ? advisory::to_markdown(report) : advisory::to_text(report);
}

std::string rendered(const advisory::Delta& delta, const std::string& format) {
  if (format == "json") return json::to_text(advisory::to_json(delta));
  return format == "markdown" ? advisory::to_markdown(delta) : advisory::to_text(delta);
}

std::string_view advisories(std::size_t count) {
  return count == 1 ? "advisory is" : "advisories are";
}

[[noreturn]] void throw_open(std::size_t count, const std::string& what) {
  throw base::Error(base::FailureKind::verification, "advisory.open",
                    fmt::format("{} {}", count, what),
                    "update the packages, or say in an OpenVEX document why it does not matter");
}

/// "Nothing is open" is true then, and says nothing.
void warn_of_foreign_feed(const advisory::Feed& feed, const advisory::Inventory& inventory,
                          const advisory::Verdict& verdict, const CommandContext& context) {
  if (inventory.packages.empty() || !verdict.findings.empty()) return;
  context.console.show(
      base::Diagnostic{.severity = base::Severity::warning,
                       .code = "advisory.foreign-feed",
                       .message = fmt::format("the feed {} speaks of none of the {} packages of {}",
                                              base::quoted(feed.file), inventory.packages.size(),
                                              base::quoted(inventory.file)),
                       .where = {},
                       .hint = "give the feed of their distribution and version"});
}

ExitCode show_verdict(const AdvisoriesWords& words, const advisory::Feed& feed,
                      const CommandContext& context) {
  const bool is_json = words.format == "json";
  std::optional<CheckedFile> subject;
  if (is_json && std::filesystem::is_regular_file(words.subject)) subject.emplace(words.subject);
  const advisory::Inventory inventory =
      advisory::read_inventory(words.subject, words.choice, context.cancellation);
  const advisory::Verdict verdict =
      advisory::evaluate(feed, inventory, suppressions_in(words.suppressions));
  warn_of_foreign_feed(feed, inventory, verdict, context);
  const advisory::Report report{feed, inventory, verdict, k_version};
  context.console.print(is_json ? json::to_text(subject->named_in(advisory::to_json(report)))
                                : rendered(report, words.format, context));
  if (words.least_severity.empty()) return ExitCode::done;
  const auto least = advisory::find_severity(words.least_severity);
  const std::size_t count = advisory::open_findings(verdict, *least).size();
  if (count > 0)
    throw_open(count,
               fmt::format("{} open at or above {}", advisories(count), words.least_severity));
  return ExitCode::done;
}

ExitCode show_delta(const AdvisoriesWords& words, const advisory::Feed& feed,
                    const CommandContext& context) {
  const auto suppressions = suppressions_in(words.suppressions);
  const auto verdict_on = [&](const std::string& path) {
    const advisory::Inventory inventory =
        advisory::read_inventory(path, words.choice, context.cancellation);
    advisory::Verdict verdict = advisory::evaluate(feed, inventory, suppressions);
    warn_of_foreign_feed(feed, inventory, verdict, context);
    return verdict;
  };
  const advisory::Delta delta =
      advisory::compare_verdicts(verdict_on(words.old_packages), verdict_on(words.new_packages));
  context.console.print(rendered(delta, words.format));
  if (!delta.regressed.empty())
    throw_open(delta.regressed.size(), "fixes were lost: an older version came back");
  if (words.least_severity.empty()) return ExitCode::done;
  const auto least = advisory::find_severity(words.least_severity);
  const std::size_t count =
      advisory::open_findings({.findings = delta.opened, .unknown = {}}, *least).size();
  if (count > 0)
    throw_open(count, fmt::format("{} newly open at or above {}", advisories(count),
                                  words.least_severity));
  return ExitCode::done;
}

void check_words(const AdvisoriesWords& words) {
  const bool is_delta = !words.old_packages.empty() || !words.new_packages.empty();
  if (is_delta != words.subject.empty() || words.old_packages.empty() != words.new_packages.empty())
    throw_usage("either WHAT is given, or --from and --to",
                "for example imagewright advisories --from old.lock.json --to new.lock.json");
  if (is_delta && (words.format == "sarif" || words.format == "openvex"))
    throw_usage("there is no SARIF and no OpenVEX of what has changed",
                "choose text, json or markdown");
  if (words.has_largest_age && !parse_age(words.largest_age))
    throw_usage(fmt::format("{} is no age", base::quoted(words.largest_age)),
                "write a number of days or hours: 14d, 36h");
}

ExitCode run_advisories(const AdvisoriesWords& words, const CommandContext& context) {
  check_words(words);
  const advisory::Feed feed = advisory::read_feed(words.feed, context.cancellation);
  if (words.has_largest_age)
    require_young(feed, *parse_age(words.largest_age), current_time(context));
  return words.old_packages.empty() ? show_verdict(words, feed, context)
                                    : show_delta(words, feed, context);
}

} // namespace

Command advisories_command() {
  const auto words = std::make_shared<AdvisoriesWords>();
  Command command{.name = "advisories",
                  .summary =
                      "Say which advisories of a vendor's feed are open for a set of packages"};
  command.arguments = {
      {.value = "WHAT",
       .description = "An image, a manifest, a lock, or a list of packages",
       .target = &words->subject,
       .completes = Completes::files},
      {.names = {"--feed"},
       .value = "FILE",
       .description = "OVAL definitions, OSV or CSAF documents, or updateinfo.xml",
       .target = &words->feed,
       .completes = Completes::files,
       .is_required = true},
      {.names = {"--from"},
       .value = "OLD",
       .description = "What there was; with --to, in place of WHAT",
       .target = &words->old_packages,
       .completes = Completes::files},
      {.names = {"--to"},
       .value = "NEW",
       .description = "What there is now",
       .target = &words->new_packages,
       .completes = Completes::files},
      {.names = {"--arch"},
       .value = "ARCH",
       .description = "Which architecture of a lock",
       .target = &words->choice.architecture,
       .choices = model::architecture_words()},
      {.names = {"--container-image"},
       .value = "NAME",
       .description = "The packages in that container image of a manifest, not the node's own",
       .target = &words->choice.container_image},
      {.names = {"--max-feed-age"},
       .value = "AGE",
       .description = "Refuse an older feed: 14d, 36h",
       .target = &words->largest_age,
       .is_given = &words->has_largest_age},
      {.names = {"--fail-on"},
       .value = "SEVERITY",
       .description = "Exit with 5 when one of that severity or above is open; with --from, newly "
                      "open",
       .target = &words->least_severity,
       .choices = {"critical", "high", "medium", "low"}},
      vex_argument(words->suppressions),
      {.names = {"--format"},
       .value = "FORMAT",
       .description = "How the answer is written",
       .target = &words->format,
       .choices = {"text", "json", "markdown", "sarif", "openvex"}}};
  command.notes =
      "Nothing is fetched. Feeds name source packages, which images, manifests and locks know; "
      "of a list, packages are looked up by their own names, and how many is said.";
  command.examples = {
      {"imagewright advisories out/node-x86_64.manifest.json --feed oval.xml --fail-on high",
       "A gate for a pipeline"},
      {"imagewright advisories out/node-x86_64.manifest.json --feed oval.xml --container-image "
       "registry.example/agent:1.4",
       "What is open in an image of containers that the node has from the start"},
      {"imagewright advisories --from old.lock.json --to new.lock.json --arch x86_64 --feed "
       "oval.xml",
       "What an update fixes and opens"}};
  command.action = [words](const CommandContext& context) {
    return run_advisories(*words, context);
  };
  return command;
}

} // namespace imagewright::cli
