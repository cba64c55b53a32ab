// SPDX-License-Identifier: MIT
#include "outputs.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <system_error>
#include <vector>

#include <fmt/format.h>

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

/// The extension belongs to a format whose files this one could be taken for.
bool fits(const std::filesystem::path& path, model::ImageFormat format) {
  const std::string extension = path.extension().string();
  const auto named = model::disk_format_of_extension(extension);
  // A footer makes a VHD of it, whatever else it is.
  const bool is_vhd = format == model::ImageFormat::baremetal_image && extension == ".vhd";
  return !named || *named == format || is_vhd ||
         model::row_of(format).extension.ends_with(extension);
}

/// None of these may be replaced, by whatever name.
void check_inputs(const BuildPlan& plan, const model::Located<std::filesystem::path>& path,
                  base::Diagnostics& mistakes) {
  std::vector<std::filesystem::path> inputs = input_paths_of(plan).files;
  inputs.push_back(lock::lock_path_of(plan.config.path));
  const bool is_input = std::ranges::any_of(inputs, [&](const std::filesystem::path& input) {
    std::error_code is_missing;
    return std::filesystem::equivalent(path.value, input, is_missing);
  });
  if (!is_input) return;
  mistakes.error("fs.output-is-input",
                 fmt::format("the output {} would replace what it is made from",
                             base::quoted(path.value.string())),
                 path.where, "give it another name, or another directory");
}

/// Whoever takes the file goes by the end of its name.
void check_extension(const model::Located<std::filesystem::path>& path,
                     const model::OutputImage& output, base::Diagnostics& mistakes) {
  const auto format = model::image_format_of(output.format);
  if (!format || fits(path.value, *format)) return;
  const std::string extension = output_extension(output);
  const auto named = model::disk_format_of_extension(path.value.extension().string());
  mistakes.error("pipeline.bad-output-name",
                 fmt::format("{} would be a file of the format {}, which ends in {}",
                             base::quoted(path.value.filename().string()),
                             model::to_string(*format), extension),
                 path.where,
                 fmt::format("set output.image.format to {}, or end the name in {}",
                             model::to_string(*named), extension));
}

} // namespace

std::vector<model::OutputImage> outputs_of(const model::ImageConfig& config,
                                           const std::vector<model::ImageFormat>& formats,
                                           base::Diagnostics& mistakes) {
  std::vector<model::OutputImage> wanted;
  for (const model::ImageFormat format : formats)
    wanted.push_back(output_of(format));
  if (wanted.empty()) wanted = config.output.images;
  if (wanted.empty()) wanted.push_back(output_of(model::ImageFormat::qcow2));
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
  check_inputs(first, *path, mistakes);
  const std::vector<std::string> companions = companion_names(first);
  if (std::ranges::find(companions, name) != companions.end()) {
    mistakes.error(
        "pipeline.bad-output-name",
        fmt::format("{} is written beside every image, and is no name for one", base::quoted(name)),
        path->where, "end output.image.path with another file name");
  }
  for (const model::OutputImage& output : first.outputs)
    check_extension(*path, output, mistakes);
  if (planned.plans.size() > 1 || first.outputs.size() > 1) {
    mistakes.error("pipeline.output-clash",
                   fmt::format("{} images would be written to one file, {}",
                               planned.plans.size() * first.outputs.size(),
                               base::quoted(path->value.string())),
                   path->where,
                   "remove output.image.path: files are then called NAME-ARCH and their extension");
  }
}

} // namespace imagewright::plan
