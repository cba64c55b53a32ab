// SPDX-License-Identifier: MIT
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include <imagewright/advisory/delta_note.hpp>
#include <imagewright/advisory/read_inventory.hpp>
#include <imagewright/audit/comparison.hpp>
#include <imagewright/audit/comparison_note.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/model/architecture_names.hpp>
#include <imagewright/page/note.hpp>

#include "../command.hpp"
#include "../feed_options.hpp"

namespace imagewright::cli {

namespace {

struct DiffWords {
  std::string left;
  std::string right;
  std::string format = "text";
  std::string feed;
  std::string suppressions;
  std::string architecture;
  bool has_feed = false;
  bool is_json = false;
  bool has_exit_code = false;
};

bool is_note(const DiffWords& words) {
  return !words.is_json && (words.format == "markdown" || words.format == "html");
}

void check_words(const DiffWords& words) {
  if (!words.has_feed || is_note(words)) return;
  throw base::Error(base::FailureKind::input, "cli.usage",
                    "--feed belongs to --format markdown and html",
                    "imagewright advisories --from A --to B says it as text and JSON");
}

/// What the feed says of the update; nothing when there is no feed.
struct AdvisoryPart {
  audit::PackageRemarks remarks;
  std::vector<page::NoteSection> sections;
};

AdvisoryPart advisory_part(const DiffWords& words, const CommandContext& context) {
  if (!words.has_feed) return {};
  const advisory::Feed feed = advisory::read_feed(words.feed, context.cancellation);
  const auto suppressions = suppressions_in(words.suppressions);
  const auto inventory_of = [&](const std::string& file) {
    return advisory::read_inventory(
        file, {.architecture = words.architecture, .container_image = {}}, context.cancellation);
  };
  const advisory::Inventory before = inventory_of(words.left);
  const advisory::Inventory after = inventory_of(words.right);
  const advisory::Delta delta =
      advisory::compare_verdicts(advisory::evaluate(feed, before, suppressions),
                                 advisory::evaluate(feed, after, suppressions));
  return {.remarks = advisory::remarks_on_packages(delta, before, after),
          .sections = {advisory::note_section(delta, feed)}};
}

page::Note note_of(const DiffWords& words, const audit::Comparison& comparison,
                   const CommandContext& context) {
  const auto name_of = [](const std::string& path) {
    return std::filesystem::path(path).filename().string();
  };
  AdvisoryPart advisories = advisory_part(words, context);
  page::Note note{
      .title = fmt::format("Changes from {} to {}", name_of(words.left), name_of(words.right)),
      .sentences = {},
      .sections = std::move(advisories.sections)};
  if (comparison.is_equal()) note.sentences.emplace_back("Nothing differs.");
  for (page::NoteSection& section : audit::note_sections(comparison, advisories.remarks))
    note.sections.push_back(std::move(section));
  return note;
}

std::string rendered(const DiffWords& words, const audit::Comparison& comparison,
                     const CommandContext& context) {
  if (words.is_json || words.format == "json") return json::to_text(audit::to_json(comparison));
  if (!is_note(words)) return audit::to_text(comparison);
  const page::Note note = note_of(words, comparison, context);
  return words.format == "html" ? page::to_html(note) : page::to_markdown(note);
}

ExitCode run_diff(const DiffWords& words, const CommandContext& context) {
  check_words(words);
  for (const std::string& each : {words.left, words.right})
    input_file(each, "image, manifest, lock or list of packages");
  const audit::Comparison comparison =
      audit::compare_files(words.left, words.right, context.cancellation);
  context.console.print(rendered(words, comparison, context));
  const bool is_failure = words.has_exit_code && !comparison.is_equal();
  return is_failure ? ExitCode::verification_failed : ExitCode::done;
}

} // namespace

Command diff_command() {
  const auto words = std::make_shared<DiffWords>();
  Command command{
      .name = "diff",
      .summary =
          "Say what differs between two images, manifests or locks, or from a list of packages"};
  command.arguments = {{.value = "A",
                        .description = "An image, a manifest, a lock or a list of packages",
                        .target = &words->left,
                        .completes = Completes::files,
                        .is_required = true},
                       {.value = "B",
                        .description = "Another of the same kind, or a list of packages",
                        .target = &words->right,
                        .completes = Completes::files,
                        .is_required = true},
                       {.names = {"--format"},
                        .value = "FORMAT",
                        .description = "How the answer is written",
                        .target = &words->format,
                        .choices = {"text", "json", "markdown", "html"}},
                       {.names = {"--feed"},
                        .value = "FILE",
                        .description = "A feed of advisories: what of it is fixed and what opens",
                        .target = &words->feed,
                        .completes = Completes::files,
                        .is_given = &words->has_feed},
                       vex_argument(words->suppressions),
                       {.names = {"--arch"},
                        .value = "ARCH",
                        .description = "Which architecture of two locks the feed is asked about",
                        .target = &words->architecture,
                        .choices = model::architecture_words()},
                       json_argument(words->is_json),
                       {.names = {"--exit-code"},
                        .description = "Exit with 5 when there is a difference",
                        .target = &words->has_exit_code}};
  command.notes = "Prints nothing as text when there is no difference. The format of an image file "
                  "does not matter: the same disk as qcow2 and as VHD is equal.\n"
                  "Markdown is for pull requests and release notes, HTML is the same as one page "
                  "without scripts; both tell sizes, too, and with --feed advisories.";
  command.examples = {
      {"imagewright diff old/node-x86_64.qcow2 out/node-x86_64.qcow2", "What an update changes"},
      {"imagewright diff old.manifest.json new.manifest.json --format markdown --feed oval.xml",
       "A release note"},
      {"imagewright diff --exit-code node.lock.json new.lock.json",
       "Fail when the packages are not the same"},
      {"imagewright diff packages.txt node-x86_64.manifest.json --format markdown",
       "What moves, goes and comes when a node that \"rpm -qa > packages.txt\" was run on is "
       "replaced"}};
  command.action = [words](const CommandContext& context) { return run_diff(*words, context); };
  return command;
}

} // namespace imagewright::cli
