// SPDX-License-Identifier: MIT
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/audit/manifest.hpp>
#include <imagewright/audit/manifest_description.hpp>
#include <imagewright/audit/text_file.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/inspect/confined.hpp>
#include <imagewright/model/image_format.hpp>

#include "../command.hpp"
#include "../image_options.hpp"

namespace imagewright::cli {

namespace {

struct InspectWords {
  std::string image;
  std::string input_format;
  bool is_json = false;
  bool lists_files = false;
  std::string checks;
};

/// A manifest begins as no image does. No more than its first bytes are read here: images are read
/// by workers.
bool is_manifest(const std::filesystem::path& path) {
  std::ifstream file;
  file.rdbuf()->pubsetbuf(nullptr, 0);
  file.open(path, std::ios::binary);
  std::string beginning(16, '\0');
  file.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
  beginning.resize(static_cast<std::size_t>(file.gcount()));
  return audit::begins_like_text(beginning) && audit::begins_like_json(beginning);
}

void print_manifest(const InspectWords& words, const Console& console) {
  const std::string name = std::filesystem::path(words.image).filename().string();
  const audit::Manifest manifest = audit::parse_manifest(
      read_input(words.image, "manifest", audit::k_largest_manifest), words.image);
  const auto files =
      words.lists_files ? inspect::FileListing::included : inspect::FileListing::omitted;
  console.print(words.is_json ? json::to_text(audit::description_of(manifest, name, files))
                              : audit::describe(manifest, name, files));
}

std::optional<std::vector<model::Check>> read_checks(const std::string& file) {
  if (file.empty()) return std::nullopt;
  return audit::parse_manifest(read_input(file, "manifest", audit::k_largest_manifest), file)
      .checks;
}

ExitCode run_inspect(const InspectWords& words, const CommandContext& context) {
  const std::filesystem::path file = input_file(words.image, "image or manifest");
  if (words.input_format.empty() && std::filesystem::is_regular_file(file) && is_manifest(file)) {
    if (!words.checks.empty())
      throw base::Error(base::FailureKind::input, "cli.usage",
                        "--checks asks an image, and " + base::quoted(words.image) +
                            " is a manifest",
                        "name the image: imagewright inspect --checks MANIFEST IMAGE");
    print_manifest(words, context.console);
    return ExitCode::done;
  }
  const inspect::DescribedImage described = inspect::describe(
      {.image = words.image,
       .format = input_format_from(words.input_format),
       .form = words.is_json ? inspect::DescriptionForm::json : inspect::DescriptionForm::text,
       .files = words.lists_files ? inspect::FileListing::included : inspect::FileListing::omitted,
       .checks = read_checks(words.checks)},
      context.cancellation);
  context.console.print(described.text);
  return described.failed_checks == 0 ? ExitCode::done : ExitCode::verification_failed;
}

} // namespace

Command inspect_command() {
  const auto words = std::make_shared<InspectWords>();
  Command command{.name = "inspect",
                  .summary =
                      "Show partitions, filesystems, boot chain, packages and policy of an image"};
  command.arguments = {
      {.value = "IMAGE",
       .description =
           "An image: " + base::join(model::image_format_words(model::ImageKind::disk), ", ") +
           "; a root in a tar or WSL archive; or the manifest of one",
       .target = &words->image,
       .completes = Completes::files,
       .is_required = true},
      input_format_argument(words->input_format),
      json_argument(words->is_json),
      {.names = {"--files"},
       .description = "List every file with owner, mode, time, attributes and digest",
       .target = &words->lists_files},
      {.names = {"--checks"},
       .value = "MANIFEST",
       .description = "Ask what the image's files can tell of the checks of a manifest",
       .target = &words->checks,
       .completes = Completes::files}};
  command.notes =
      "The image is only read, and nothing is mounted. With --checks, the exit code is 5 "
      "when one fails; what only a booted machine can tell is not asked.";
  command.examples = {
      {"imagewright inspect out/node-x86_64.qcow2", "What is in an image"},
      {"imagewright inspect --json --files disk.vhd > disk.json", "Everything, for a program"},
      {"imagewright inspect out/node-x86_64.manifest.json", "What it says without its image"},
      {"imagewright inspect --checks out/node-x86_64.manifest.json out/node-x86_64.qcow2",
       "Whether it keeps what its config and roles promise, as far as its files tell"}};
  command.action = [words](const CommandContext& context) { return run_inspect(*words, context); };
  return command;
}

} // namespace imagewright::cli
