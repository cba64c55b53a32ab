// SPDX-License-Identifier: MIT
#include <memory>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/shell.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/lint/lint.hpp>
#include <imagewright/upload/upload.hpp>

#include "../command.hpp"

namespace imagewright::cli {

namespace {

constexpr auto k_variable = "IMAGEWRIGHT_BLOB_URL";

struct UploadWords {
  std::string file;
  std::string url_file;
  bool is_json = false;
};

/// The address has a signature in it, so it is no word of the command line, which everybody on this
/// host can read.
std::string url_of(const UploadWords& words, const CommandContext& context) {
  std::string text =
      words.url_file.empty()
          ? context.invocation.environment(k_variable).value_or("")
          : read_input(words.url_file, "address of the blob", base::ByteSize::kib(64));
  text = std::string(base::trimmed(text));
  if (!text.empty() && text.find_first_of(" \t\r\n") == std::string::npos) return text;
  throw base::Error(
      base::FailureKind::input, "cli.usage",
      text.empty() ? "it is not said where the blob shall be"
                   : "the address of the blob is not one word",
      fmt::format("write its address with a shared access signature into a file and give that "
                  "with --url-file, or set {}",
                  k_variable));
}

/// Azure says no after hours; the file can be asked before.
void require_fit(const UploadWords& words, const CommandContext& context) {
  const lint::LintReport report = lint::lint(
      {.file = words.file, .kind = lint::SubjectKind::azure_vhd, .allowed = {}, .architecture = {}},
      context.cancellation);
  if (report.broken_count() == 0) return;
  std::string first;
  for (const lint::RuleResult& rule : report.rules) {
    if (first.empty() && rule.outcome == lint::Outcome::broken) first = rule.sentence;
  }
  throw base::Error(base::FailureKind::input, "upload.not-for-azure",
                    fmt::format("Azure would not take {}: a rule that does not hold is that {}",
                                base::quoted(words.file), first),
                    fmt::format("see all of it: imagewright lint --as azure-vhd {}",
                                base::shell_word(words.file)));
}

std::string text_of(const upload::UploadResult& result) {
  return fmt::format("{}: {}, of which {} are not zero; {} sent, all of it read back\n",
                     result.address, base::to_string(result.size), base::to_string(result.content),
                     base::to_string(result.sent));
}

json::Value json_of(const upload::UploadResult& result) {
  return json::Object{{"address", result.address},
                      {"bytes", result.size.bytes()},
                      {"contentBytes", result.content.bytes()},
                      {"sentBytes", result.sent.bytes()},
                      {"contentDigest", result.digest.to_string()}};
}

ExitCode run_upload(const UploadWords& words, const CommandContext& context) {
  input_file(words.file, "image");
  const std::string url = url_of(words, context);
  require_fit(words, context);
  const upload::UploadResult result =
      upload::upload_page_blob({.file = words.file, .url = url},
                               context.services(CacheUse::none).reporter, context.cancellation);
  context.console.print(words.is_json ? json::to_text(json_of(result)) : text_of(result));
  return ExitCode::done;
}

Command azure_command() {
  const auto words = std::make_shared<UploadWords>();
  Command command{.name = "azure", .summary = "To a page blob of Azure's storage"};
  command.arguments = {{.value = "VHD",
                        .description = "A VHD of fixed size",
                        .target = &words->file,
                        .completes = Completes::files,
                        .is_required = true},
                       {.names = {"--url-file"},
                        .value = "FILE",
                        .description = "A file with the address of the blob and its shared access "
                                       "signature, by default what IMAGEWRIGHT_BLOB_URL holds",
                        .target = &words->url_file,
                        .completes = Completes::files},
                       json_argument(words->is_json)};
  command.notes = "Only what is not zero is sent. A run that was broken off goes on when the same "
                  "command is given again. In the end all of the blob is read back and compared.";
  command.examples = {{"imagewright upload azure out/node-x86_64.vhd --url-file blob-url",
                       "blob-url: https://ACCOUNT.blob.core.windows.net/vhds/node.vhd?sv=…"},
                      {"imagewright upload azure --json out/node-x86_64.vhd",
                       "The address is in IMAGEWRIGHT_BLOB_URL"}};
  command.action = [words](const CommandContext& context) { return run_upload(*words, context); };
  return command;
}

} // namespace

Command upload_command() {
  Command command{.name = "upload",
                  .summary = "Send an image to where machines are made from it",
                  .nested = {azure_command()}};
  command.examples = {{"imagewright upload azure out/node-x86_64.vhd --url-file blob-url",
                       "A page blob, for a gallery or a managed disk"},
                      {"imagewright help upload azure", "All of its options"}};
  return command;
}

} // namespace imagewright::cli
