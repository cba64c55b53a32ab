// SPDX-License-Identifier: MIT
#include <memory>

#include <fmt/format.h>

#include <imagewright/attest/policy.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/measure/phase_values.hpp>
#include <imagewright/pipeline/signed_policy.hpp>

#include "../command.hpp"
#include "../key_options.hpp"

namespace imagewright::cli {

namespace {

struct PolicyWords {
  std::string program;
  std::string key;
  std::string output;
  std::vector<std::string> phases;
  KeyWords key_words;
  bool is_json = false;
};

/// From the initial RAM disk to the running system, as systemd-measure has them.
const std::vector<std::string> k_usual_phases{"enter-initrd", "enter-initrd:leave-initrd",
                                              "enter-initrd:leave-initrd:sysinit",
                                              "enter-initrd:leave-initrd:sysinit:ready"};

/// Words as systemd-pcrphase adds them.
void check_phase(const std::string& phase) {
  for (const std::string& word : base::split(phase, ':')) {
    if (base::is_plain_word(word)) continue;
    throw base::Error(base::FailureKind::input, "cli.usage",
                      fmt::format("{} is no phase of a boot", base::quoted(phase)),
                      "write words with colons between them, such as " + k_usual_phases[1]);
  }
}

json::Value to_json(const std::string& file, const attest::PolicyKey& key,
                    const std::vector<std::string>& phases,
                    const std::vector<base::Digest>& values) {
  json::Array list;
  for (std::size_t index = 0; index < values.size(); ++index) {
    list.push_back(json::Object{{"phase", phases[index % phases.size()]},
                                {"bank", std::string(base::to_string(values[index].algorithm))},
                                {"value", values[index].hex}});
  }
  return json::Object{{"file", file},
                      {"key", key.fingerprint()},
                      {"pcr", std::int64_t{measure::k_kernel_image_register}},
                      {"policies", std::move(list)}};
}

ExitCode run_sign_policy(const PolicyWords& words, const CommandContext& context) {
  input_file(words.program, "unified kernel image");
  const std::vector<std::string>& phases = words.phases.empty() ? k_usual_phases : words.phases;
  for (const std::string& phase : phases)
    check_phase(phase);
  const attest::PolicyKey key(key_place(words.key, words.key_words));
  const std::string public_key = key.public_half();
  const pipeline::KernelImageCopy program = pipeline::copy_kernel_image(words.program);
  const std::vector<base::Digest> values = measure::phase_values({.program = program.content.get(),
                                                                  .name = program.name,
                                                                  .public_key = public_key,
                                                                  .phases = phases},
                                                                 context.cancellation);
  const std::string output = words.output.empty() ? words.program : words.output;
  pipeline::write_with_policy(
      program, output,
      {.public_key = public_key,
       .signatures = attest::signed_policies(key, measure::k_kernel_image_register, values)},
      context.cancellation);
  context.console.print(words.is_json ? json::to_text(to_json(output, key, phases, values))
                                      : fmt::format("{}: {} policies, signed by {}\n",
                                                    base::escape_controls(output), values.size(),
                                                    key.fingerprint()));
  return ExitCode::done;
}

} // namespace

Command sign_policy_command() {
  const auto words = std::make_shared<PolicyWords>();
  Command command{.name = "sign-policy",
                  .summary = "Give a unified kernel image a signed policy for TPMs"};
  command.arguments = {
      {.value = "UKI",
       .description = "A unified kernel image, such as output.artifacts gives",
       .target = &words->program,
       .completes = Completes::files,
       .is_required = true},
      {.names = {"--key"},
       .value = "KEY",
       .description = "The private key, RSA of 2048 bits or more: a PEM file, or a URI of an "
                      "OpenSSL provider",
       .target = &words->key,
       .completes = Completes::files,
       .is_required = true},
      {.names = {"-o", "--output"},
       .value = "FILE",
       .description = "Where it is written, by default in place",
       .target = &words->output,
       .completes = Completes::files},
      {.names = {"--phase"},
       .value = "PHASE",
       .description = "A point of the boot at which secrets may be opened; by default four, from "
                      "the initial RAM disk on",
       .target = &words->phases}};
  add_key_options(command, words->key_words);
  command.arguments.push_back(json_argument(words->is_json));
  command.notes =
      "Secrets that are bound to the key's public half (systemd-cryptenroll --tpm2-public-key) "
      "open "
      "for every kernel image with such a policy, and so for the next one as well. A signature for "
      "Secure Boot covers the policy: it is made afterwards.";
  command.examples = {
      {"imagewright sign-policy ukis/vmlinuz-6.6.efi --key policy.pem",
       "Before it is signed for Secure Boot and put back by inject-files"},
      {"imagewright sign-policy linux.efi --key policy.pem --phase enter-initrd -o signed.efi",
       "For the root file system's key alone, which the initial RAM disk opens"}};
  command.action = [words](const CommandContext& context) {
    return run_sign_policy(*words, context);
  };
  return command;
}

} // namespace imagewright::cli
