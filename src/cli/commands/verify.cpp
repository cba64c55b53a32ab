// SPDX-License-Identifier: MIT
#include <memory>
#include <string>
#include <vector>

#include <imagewright/attest/published_set.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/pipeline/verify_outputs.hpp>

#include "../command.hpp"
#include "../key_options.hpp"
#include "../plan_options.hpp"
#include "../rung_options.hpp"
#include "../sampled_sets.hpp"
#include "../usage_mistake.hpp"
#include "version.hpp"

namespace imagewright::cli {

namespace {

struct VerifyWords {
  PlanWords plan;
  std::string directory;
  std::string image;
  RungWords rung;
  std::vector<std::string> keys;
  KeyWords key_words;
  unsigned sample = 0;
  bool is_json = false;
};

ExitCode check_signatures(const VerifyWords& words, const CommandContext& context) {
  const bool has_rung = wanted_rung(words.rung) || !words.rung.machine_kernel.empty();
  if (!words.plan.config.empty() || !words.plan.repositories.empty() || !words.plan.keys.empty() ||
      words.plan.is_offline || has_rung || words.sample != 0 || !words.image.empty()) {
    throw base::Error(base::FailureKind::input, "cli.usage",
                      "with --key, signatures are checked and nothing is composed again",
                      "leave out --config, --image, --repo, --repo-key, --offline, --rung and "
                      "--rebuild-sample, or leave out --key");
  }
  std::vector<attest::VerificationKey> keys;
  for (const std::string& key : words.keys)
    keys.emplace_back(key_place(key, words.key_words));
  const attest::SetVerification verification = attest::verify_set(words.directory, keys);
  context.console.print(words.is_json ? json::to_text(attest::to_json(verification))
                                      : attest::to_text(verification));
  if (verification.is_good()) return ExitCode::done;
  throw base::InputError(verification.problems, base::FailureKind::verification);
}

ExitCode run_verify(const VerifyWords& words, const CommandContext& context) {
  if (!words.keys.empty()) return check_signatures(words, context);
  if (!words.key_words.providers.empty() || !words.key_words.passphrase_file.empty())
    throw_usage("--provider and --passphrase-file are about a key, and none is given",
                "give it with --key, or leave them out");
  if (!words.image.empty()) input_file(words.image, "image");
  const plan::PlanOptions plan = plan_options_from(words.plan, context);
  if (words.sample != 0 && !plan.config.empty()) {
    throw base::Error(base::FailureKind::input, "cli.usage",
                      "each unit of a sample has a config of its own", "leave out --config");
  }
  const std::vector<std::filesystem::path> sets =
      words.sample == 0 ? std::vector<std::filesystem::path>{words.directory}
                        : sampled_sets(words.directory, words.sample);
  if (words.sample != 0) {
    for (const std::filesystem::path& set : sets)
      context.console.reporter().message(report::Level::info, "chosen: " + set.filename().string());
  }
  const pipeline::Verification verification = pipeline::verify_sets(
      {.directory = words.directory,
       .config = plan.config,
       .base = words.image,
       .repositories = plan.repositories,
       .key_files = plan.key_files,
       .network = words.plan.is_offline ? plan::NetworkUse::forbidden : plan::NetworkUse::allowed,
       .release_directories = plan.release_directories,
       .tool_version = k_version,
       .rung = wanted_rung(words.rung),
       .machine_kernel = machine_kernel(words.rung)},
      sets, context.services());
  context.console.print(words.is_json ? json::to_text(pipeline::to_json(verification))
                                      : pipeline::to_text(verification));
  return verification.is_same() ? ExitCode::done : ExitCode::verification_failed;
}

} // namespace

Command verify_command() {
  const auto words = std::make_shared<VerifyWords>();
  Command command{.name = "verify",
                  .summary = "Compose published images again and compare every byte, or check "
                             "their signatures"};
  command.arguments = {
      {.value = "OUT_DIR",
       .description = "The output directory of a build",
       .target = &words->directory,
       .completes = Completes::directories,
       .is_required = true},
      {.names = {"--key"},
       .value = "KEY",
       .description = "Check the signatures instead, by this public key (repeatable: any of them)",
       .target = &words->keys,
       .completes = Completes::files},
      {.names = {"--config"},
       .value = "FILE",
       .description = "Where the config is now, by default where it was when it was built",
       .target = &words->plan.config,
       .completes = Completes::files},
      {.names = {"--image"},
       .value = "BASE",
       .description = "Where the image is now that was customized, by default where it was",
       .target = &words->image,
       .completes = Completes::files},
      {.names = {"--repo"},
       .value = "NAME=URL|DIR",
       .description = "Repository in place of that of the build",
       .target = &words->plan.repositories},
      key_argument(words->plan, "--repo-key"),
      {.names = {"--rebuild-sample"},
       .value = "PERCENT",
       .description =
           "OUT_DIR is that of a fleet: compose so many of a hundred units again, chosen "
           "by chance",
       .target = &words->sample,
       .range = std::pair{std::int64_t{1}, std::int64_t{100}}}};
  add_offline_option(command, words->plan);
  add_rung_options(command, words->rung);
  add_key_options(command, words->key_words);
  command.arguments.push_back(json_argument(words->is_json));
  command.notes = "Packages and time come from the manifest, everything else from the config, "
                  "which must be unchanged.\nExits with 5 when anything differs, and says what: "
                  "partition, file, and what about it.\nWith --key, nothing is composed: what "
                  "imagewright sign signed is compared with what is there, and every file that is "
                  "changed, missing or not signed is an error of its own.";
  command.examples = {
      {"imagewright verify out", "Prove that a published set can be made again"},
      {"imagewright verify out --config configs/node.yaml --offline",
       "From a config that has moved, without network"},
      {"imagewright verify out --rebuild-sample 10",
       "Would a shared cache have lied? Build a tenth of a fleet again"},
      {"imagewright verify out --key release.pub.pem", "Is this what was signed, and all of it?"}};
  command.action = [words](const CommandContext& context) { return run_verify(*words, context); };
  return command;
}

} // namespace imagewright::cli
