// SPDX-License-Identifier: MIT
#include <memory>
#include <string>

#include <fmt/format.h>

#include <imagewright/base/digest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/drift/find_drift.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/json/value.hpp>

#include "../command.hpp"
#include "version.hpp"

namespace imagewright::cli {

namespace {

struct DriftWords {
  std::string root;
  std::string manifest;
  std::string digest;
  std::string rules;
  std::string format = "text";
  std::string output;
  bool has_digest = false;
  bool is_strict = false;
};

constexpr base::ByteSize k_largest_rules = base::ByteSize::mib(1);

audit::Manifest read_manifest(const DriftWords& words) {
  const std::string text = read_input(words.manifest, "manifest", audit::k_largest_manifest);
  const std::string expected =
      words.digest.starts_with("sha256:") ? words.digest : "sha256:" + words.digest;
  const std::string is = base::digest_of(text).to_string();
  if (words.has_digest && is != expected) {
    throw base::Error(base::FailureKind::verification, "drift.other-manifest",
                      fmt::format("{} is {}, not {}", base::quoted(words.manifest), is, expected),
                      "give the manifest that the digest is of");
  }
  return audit::parse_manifest(text, words.manifest);
}

audit::DriftRules read_rules(const std::string& file) {
  if (file.empty()) return {};
  return audit::drift_rules_from(
      json::parse(read_input(file, "file of rules", k_largest_rules), file), file);
}

std::string rendered(const drift::Report& report, const std::string& format) {
  if (format == "json") return json::to_text(drift::to_json(report));
  if (format == "sarif") return json::to_text(drift::to_sarif(report));
  if (format == "prometheus") return drift::to_prometheus(report);
  return format == "npd" ? drift::to_npd(report) : drift::to_text(report);
}

bool has_drifted(const DriftWords& words, const drift::Report& report) {
  return report.count(drift::DriftClass::unexplained) > 0 ||
         report.count(drift::DriftClass::unreadable) > 0 ||
         (words.is_strict && report.count(drift::DriftClass::explained) > 0);
}

ExitCode run_drift(const DriftWords& words, const CommandContext& context) {
  const audit::Manifest manifest = read_manifest(words);
  const drift::Report report = drift::find_drift({.root = words.root,
                                                  .manifest = manifest,
                                                  .rules = read_rules(words.rules),
                                                  .tool_version = k_version,
                                                  .thread_count = context.options.jobs},
                                                 context.cancellation);
  const std::string text = rendered(report, words.format);
  if (words.output.empty()) {
    context.console.print(text);
  } else {
    fs::write_file_atomically(words.output, text);
  }
  if (!has_drifted(words, report)) return ExitCode::done;
  // The plugin's own language: 1 is a problem, anything above is "cannot tell".
  return words.format == "npd" ? ExitCode::build_failed : ExitCode::verification_failed;
}

} // namespace

Command drift_command() {
  const auto words = std::make_shared<DriftWords>();
  Command command{.name = "drift",
                  .summary = "Say what of a node differs from the image that it was made from"};
  command.arguments = {
      {.names = {"--root"},
       .value = "DIR",
       .description = "The node's root directory, mounted or unpacked",
       .target = &words->root,
       .completes = Completes::directories,
       .is_required = true},
      {.names = {"--manifest"},
       .value = "FILE",
       .description = "The manifest of its image",
       .target = &words->manifest,
       .completes = Completes::files,
       .is_required = true},
      {.names = {"--manifest-digest"},
       .value = "SHA256",
       .description = "Refuse another manifest",
       .target = &words->digest,
       .is_given = &words->has_digest},
      {.names = {"--rules"},
       .value = "FILE",
       .description = "More places that change, and more that are guarded",
       .target = &words->rules,
       .completes = Completes::files},
      {.names = {"--strict"},
       .description = "Exit with 5 for explained changes, too",
       .target = &words->is_strict},
      {.names = {"--format"},
       .value = "FORMAT",
       .description = "How the answer is written",
       .target = &words->format,
       .choices = {"text", "json", "sarif", "prometheus", "npd"}},
      {.names = {"-o", "--output"},
       .value = "FILE",
       .description = "Write the answer there, at once, instead of to standard output",
       .target = &words->output,
       .completes = Completes::files}};
  command.notes =
      "Each difference is expected (a rule of the manifest says so), explained (a package's update "
      "whose header is signed with a key of the image, and whose file is exactly this one), "
      "unexplained, or unreadable. Exits with 5 when there is one of the last two.\nNothing of the "
      "node is run, changed, or believed: not its package database either, only signatures in it.\n"
      "Where a kernel's /proc stands in the root, the running state is held against the manifest's "
      "checks, too. With --format npd the exit code is 1 for drift.";
  command.examples = {
      {"imagewright drift --root /mnt/node --manifest node-x86_64.manifest.json",
       "A disk of a node, read elsewhere"},
      {"imagewright drift --root /host --manifest /manifest.json --format prometheus --output "
       "/textfile/drift.prom",
       "From inside, for monitoring; imagewright-drift is the same as a small program"}};
  command.action = [words](const CommandContext& context) { return run_drift(*words, context); };
  return command;
}

} // namespace imagewright::cli
