// SPDX-License-Identifier: MIT
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fleet/collect.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/json/value.hpp>

#include "../command.hpp"
#include "../unit_options.hpp"
#include "../usage_mistake.hpp"

namespace imagewright::cli {

namespace {

struct CollectWords {
  std::vector<std::string> directories;
  std::vector<std::string> lists;
  std::string output_directory;
  std::string previous;
  bool is_watching = false;
  unsigned patience = 0;
  bool is_json = false;
};

std::vector<std::filesystem::path> directories_of(const CollectWords& words) {
  std::vector<std::filesystem::path> directories;
  for (const std::string& word : words.directories) {
    // Who watches may be there before the first job.
    if (!words.is_watching)
      input_directory(word, "directory", "give the directories where units were built");
    directories.emplace_back(word);
  }
  return directories;
}

void tell(const fleet::UnitRecord& record, const CommandContext& context) {
  std::string line = fmt::format("{} {}", record.id, fleet::to_string(record.state));
  if (record.attempt > 1) line += fmt::format(" (try {})", record.attempt);
  if (record.state == fleet::RecordState::failed)
    line += fmt::format(": exit code {}: {}", record.exit_code, record.message);
  context.console.reporter().message(report::Level::info, base::escape_controls(line));
}

void wait_for(const fleet::UnitList& list, const std::vector<std::filesystem::path>& directories,
              const CollectWords& words, const CommandContext& context) {
  fleet::WatchOptions options{
      .tell = [&](const fleet::UnitRecord& record) { tell(record, context); }, .patience = {}};
  if (words.patience != 0) options.patience = std::chrono::seconds(words.patience);
  if (fleet::watch(list, directories, options, context.cancellation) == fleet::WatchEnd::all_ended)
    return;
  context.console.reporter().message(
      report::Level::warning,
      fmt::format("nothing new for {} seconds; what is there is collected", words.patience));
}

void write_release(const fleet::Collection& collection, const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    base::throw_system_error("fs.cannot-write", "cannot make", directory.string(), error.value());
  }
  fs::write_file_atomically(directory / "release.json", json::to_text(fleet::to_json(collection)));
  fs::write_file_atomically(directory / "release.md", fleet::to_markdown(collection));
  fs::write_file_atomically(directory / "release.html", fleet::to_html(collection));
  fs::write_file_atomically(directory / "SHA256SUMS", fleet::checksums(collection));
}

ExitCode run_collect(const CollectWords& words, const CommandContext& context) {
  if (words.patience != 0 && !words.is_watching)
    throw_usage("--patience is how long --watch waits", "give both, or leave it out");
  std::vector<fleet::UnitList> lists;
  for (const std::string& list : words.lists)
    lists.push_back(read_units(list));
  const fleet::WholeList whole = fleet::joined(std::move(lists));
  const std::vector<std::filesystem::path> directories = directories_of(words);
  if (words.is_watching) wait_for(whole.list, directories, words, context);
  fleet::Collection collection = fleet::collect(whole, directories, context.cancellation);
  if (!words.previous.empty()) {
    fleet::compare_with(collection,
                        read_input(words.previous, "release.json", base::ByteSize::mib(256)),
                        words.previous);
  }
  if (!words.output_directory.empty()) write_release(collection, words.output_directory);
  context.console.print(words.is_json ? json::to_text(fleet::to_json(collection))
                                      : fleet::to_text(collection));
  if (collection.is_complete()) return ExitCode::done;
  throw base::InputError(collection.problems, base::FailureKind::verification);
}

} // namespace

Command collect_command() {
  const auto words = std::make_shared<CollectWords>();
  Command command{.name = "collect",
                  .summary = "Put the units of a fleet together, and say what is wrong with them"};
  command.arguments = {
      {.value = "DIR",
       .description = "Where units were built; looked through two levels deep",
       .target = &words->directories,
       .completes = Completes::directories,
       .is_required = true},
      {.names = {"--units"},
       .value = "FILE",
       .description = "The list that they were built from; of a fleet in parts, each",
       .target = &words->lists,
       .completes = Completes::files,
       .is_required = true},
      {.names = {"-o", "--output-dir"},
       .value = "DIR",
       .description = "Write release.json, release.md, release.html and SHA256SUMS there",
       .target = &words->output_directory,
       .completes = Completes::directories},
      {.names = {"--previous"},
       .value = "FILE",
       .description = "The release.json of the last release: tell which packages changed",
       .target = &words->previous,
       .completes = Completes::files},
      {.names = {"--watch"},
       .description = "First wait until every unit has ended, and tell of each that begins or ends",
       .target = &words->is_watching},
      {.names = {"--patience"},
       .value = "SECONDS",
       .description = "With --watch: wait no longer when no unit has begun or ended for so long",
       .target = &words->patience,
       .range = std::pair{std::int64_t{1}, std::int64_t{604800}}},
      json_argument(words->is_json)};
  command.notes =
      "Exactly one result for each unit, built from what the list was planned from, with the files "
      "that its record and its manifest name: everything else is an error of its own (5), and is "
      "told on the page of the release, too. Results of boot, lint, advisories, and verify --json "
      "that were kept beside the files of a unit are part of the verdict, when they are of these "
      "very files.";
  command.examples = {
      {"imagewright collect out --units units.json -o release", "One page for the whole fleet"},
      {"imagewright collect out --units units.json --watch", "While an engine is at work"}};
  command.action = [words](const CommandContext& context) { return run_collect(*words, context); };
  return command;
}

} // namespace imagewright::cli
