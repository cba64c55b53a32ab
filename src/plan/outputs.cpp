// SPDX-License-Identifier: MIT
#include "outputs.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/lock/lock_file.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/plan/build_inputs.hpp>
#include <imagewright/plan/output_format.hpp>

namespace imagewright::plan {

namespace {

model::OutputImage output_of(model::ImageFormat format) {
  return {.format = model::output_format_of(format), .where = {"--format"}};
}

std::string extension_of(const std::filesystem::path& path) {
  return base::to_lower(path.extension().string());
}

/// What the ending of the name means; of archives without that of their compression.
std::optional<model::ImageFormat> format_named_by(const std::filesystem::path& path) {
  const std::string extension = extension_of(path);
  if (const auto disk = format_of_extension(extension)) return disk;
  const bool is_compressed = extension == ".zst" || extension == ".gz" || extension == ".xz";
  const std::string inner = is_compressed ? extension_of(path.stem()) : extension;
  for (const model::ImageFormatRow& row : model::k_image_formats) {
    const bool is_archive = row.kind == model::ImageKind::archive && row.owns_extension;
    if (is_archive && row.extension == inner && (!is_compressed || row.shows_compression))
      return row.format;
  }
  return std::nullopt;
}

/// Of a config that names the file and no format: as for `convert`, else qcow2.
model::OutputImage usual_output(const model::OutputConfig& output) {
  const auto& path = output.image_path;
  const auto named = path ? format_named_by(path->value) : std::nullopt;
  model::OutputImage usual = output_of(named.value_or(model::ImageFormat::qcow2));
  if (named) usual.where = path->where;
  return usual;
}

/// Whoever reads the name would take the file for something else.
void warn_of_misleading_name(const model::Located<std::filesystem::path>& path,
                             const model::OutputImage& output, base::Diagnostics& mistakes) {
  const auto format = model::image_format_of(output.format);
  const std::string extension = extension_of(path.value);
  const auto named = format_named_by(path.value);
  // A bare-metal image is a fixed VHD to whoever looks at its end.
  if (!format || !named || *format == *named || *format == model::ImageFormat::baremetal_image ||
      model::extension_of(*format).ends_with(extension))
    return;
  mistakes.warning("pipeline.misleading-name",
                   fmt::format("{} ends like a file of the format {}, and is to be one of the "
                               "format {}",
                               base::quoted(path.value.filename().string()),
                               model::to_string(*named), model::to_string(*format)),
                   path.where, "give it another ending, or correct the format");
}

} // namespace

std::vector<model::OutputImage> outputs_of(const model::ImageConfig& config,
                                           const std::vector<model::ImageFormat>& formats,
                                           base::Diagnostics& mistakes) {
  std::vector<model::OutputImage> wanted;
  for (const model::ImageFormat format : formats)
    wanted.push_back(output_of(format));
  if (wanted.empty()) wanted = config.output.images;
  if (wanted.empty()) wanted.push_back(usual_output(config.output));
  std::map<std::string, base::SourceLocation> names;
  for (const model::OutputImage& output : wanted) {
    // Another kind of artifact, which is among the unsupported keys.
    if (!model::image_format_of(output.format)) continue;
    const std::string extension = output_extension(output);
    const auto [entry, is_new] = names.emplace(extension, output.where);
    if (is_new) continue;
    mistakes.add({.code = "pipeline.output-clash",
                  .message = fmt::format("two outputs would have the same file name, ending in {}",
                                         base::quoted(extension)),
                  .where = output.where,
                  .related = {{entry->second, "the first one"}},
                  .hint = "vhd and vhd-fixed both end in .vhd: choose one of them"});
  }
  return wanted;
}

void check_output_path(const PlannedBuild& planned, base::Diagnostics& mistakes) {
  if (planned.plans.empty()) return;
  const BuildPlan& first = planned.plans.front();
  const auto& path = first.config.output.image_path;
  if (!path) return;
  const std::string name = path->value.filename().string();
  // SHA256SUMS has blanks between digest and name.
  const bool is_plain =
      std::ranges::all_of(name, [](unsigned char c) { return c > ' ' && c != 127; });
  if (name.empty() || !is_plain) {
    mistakes.error("pipeline.bad-output-name",
                   fmt::format("{} is no name for an image", base::quoted(name)), path->where,
                   "end output.image.path with a file name without blanks");
  }
  const std::vector<std::string> documents = document_names_of(first);
  if (std::ranges::find(documents, name) != documents.end()) {
    mistakes.error(
        "pipeline.output-clash",
        fmt::format("{} is the name of a file that stands beside the image", base::quoted(name)),
        path->where, "give the image another name");
  }
  for (const model::OutputImage& output : first.outputs)
    warn_of_misleading_name(*path, output, mistakes);
  if (planned.plans.size() > 1 || first.outputs.size() > 1) {
    mistakes.error("pipeline.output-clash",
                   fmt::format("{} images would be written to one file, {}",
                               planned.plans.size() * first.outputs.size(),
                               base::quoted(path->value.string())),
                   path->where,
                   "remove output.image.path: files are then called NAME-ARCH and their extension");
  }
}

void refuse_overwritten_inputs(const BuildPlan& plan, const std::filesystem::path& directory,
                               const std::filesystem::path& base) {
  std::vector<std::filesystem::path> inputs = input_paths_of(plan).files;
  inputs.push_back(base);
  inputs.push_back(lock::lock_path_of(plan.config.path));
  std::vector<std::pair<std::string, base::SourceLocation>> names;
  const auto& path = plan.config.output.image_path;
  for (const model::OutputImage& output : plan.outputs)
    names.emplace_back(file_name_of(plan, output), path ? path->where : output.where);
  for (std::string& name : document_names_of(plan))
    names.emplace_back(std::move(name), base::SourceLocation());
  for (const model::LocatedText& file : plan.config.output.script_files)
    names.emplace_back(script_file_name(image_name(plan), file.text), file.where);
  base::Diagnostics mistakes;
  for (const auto& [name, where] : names) {
    for (const std::filesystem::path& input : inputs) {
      std::error_code ignored; // What is not there is no other file.
      if (!std::filesystem::equivalent(directory / name, input, ignored)) continue;
      mistakes.error("pipeline.output-is-input",
                     fmt::format("the output {} would take the place of {}, of which it is made",
                                 base::quoted((directory / name).string()),
                                 base::quoted(input.string())),
                     where, "give it another name, or another directory with --output-dir");
      break;
    }
  }
  if (mistakes.has_errors()) throw base::InputError(std::move(mistakes));
}

} // namespace imagewright::plan
