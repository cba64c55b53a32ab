// SPDX-License-Identifier: MIT
#include <memory>

#include <fmt/format.h>

#include <imagewright/attest/published_set.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "../command.hpp"
#include "../key_options.hpp"

namespace imagewright::cli {

namespace {

struct SignWords {
  std::string directory;
  std::string key;
  std::string builder;
  KeyWords key_words;
  bool is_json = false;
};

json::Array names_of(const std::vector<attest::NamedFile>& files) {
  json::Array names;
  for (const attest::NamedFile& file : files)
    names.emplace_back(file.name);
  return names;
}

json::Value to_json(const std::vector<attest::SignedStatement>& statements,
                    const attest::SigningKey& key) {
  json::Array list;
  for (const attest::SignedStatement& statement : statements) {
    list.push_back(json::Object{{"file", statement.file},
                                {"subjects", names_of(statement.statement.subjects)},
                                {"byproducts", names_of(statement.statement.byproducts)}});
  }
  return json::Object{{"imagewrightSigning", 1},
                      {"algorithm", attest::to_string(key.algorithm())},
                      {"key", key.identifier()},
                      {"statements", std::move(list)}};
}

std::string to_text(const std::vector<attest::SignedStatement>& statements,
                    const attest::SigningKey& key) {
  std::string text;
  for (const attest::SignedStatement& statement : statements) {
    text += fmt::format("{}: {} subjects, {} byproducts\n", statement.file,
                        statement.statement.subjects.size(), statement.statement.byproducts.size());
  }
  return text +
         fmt::format("signed by {} ({})\n", key.identifier(), attest::to_string(key.algorithm()));
}

/// A URI (RFC 3986): a scheme, a colon, no blanks.
void check_builder(const std::string& builder) {
  const std::size_t colon = builder.find(':');
  const bool is_uri = colon != std::string::npos && colon > 0 && colon + 1 < builder.size() &&
                      builder.find_first_of(" \"<>\\^`{|}") == std::string::npos &&
                      !base::has_control_characters(builder);
  if (is_uri) return;
  throw base::Error(base::FailureKind::input, "cli.usage",
                    fmt::format("{} is no URI", base::quoted(builder)),
                    "name the builder as https://ci.example.org/images, or leave --builder out");
}

ExitCode run_sign(const SignWords& words, const CommandContext& context) {
  const std::string builder =
      words.builder.empty() ? attest::BuildRequest{}.builder : words.builder;
  check_builder(builder);
  const attest::SigningKey key(key_place(words.key, words.key_words));
  const auto statements = attest::sign_set(words.directory, key, builder);
  context.console.print(words.is_json ? json::to_text(to_json(statements, key))
                                      : to_text(statements, key));
  return ExitCode::done;
}

} // namespace

Command sign_command() {
  const auto words = std::make_shared<SignWords>();
  Command command{.name = "sign",
                  .summary = "Sign published images, with a statement of what they were made of"};
  command.arguments = {{.value = "OUT_DIR",
                        .description = "The output directory of a build",
                        .target = &words->directory,
                        .completes = Completes::directories,
                        .is_required = true},
                       {.names = {"--key"},
                        .value = "KEY",
                        .description = "The private key, ed25519 or ECDSA P-256: a PEM file, or a "
                                       "URI of an OpenSSL provider",
                        .target = &words->key,
                        .completes = Completes::files,
                        .is_required = true},
                       {.names = {"--builder"},
                        .value = "URI",
                        .description = "Who vouches for where the build ran",
                        .target = &words->builder}};
  add_key_options(command, words->key_words);
  command.arguments.push_back(json_argument(words->is_json));
  command.notes =
      "Beside each manifest, NAME-ARCH.intoto.jsonl: SLSA provenance in a DSSE envelope. Every "
      "file "
      "of the directory is named in one. Files are compared with their manifest and SHA256SUMS "
      "first.\nProvenance of level 1: it says what was built of what. That nobody could tamper "
      "with "
      "the build is a property of the machine that it ran on, which no program can claim.";
  command.examples = {
      {"imagewright sign out --key release.pem", "Sign what a build published"},
      {"imagewright sign out --key 'pkcs11:object=release;type=private' --provider pkcs11 "
       "--passphrase-file pin",
       "With a key that never leaves its token"}};
  command.action = [words](const CommandContext& context) { return run_sign(*words, context); };
  return command;
}

} // namespace imagewright::cli
