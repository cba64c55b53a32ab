// SPDX-License-Identifier: MIT
#include "outputs.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/plan/output_format.hpp>

namespace imagewright::plan {

namespace {

model::OutputImage output_of(model::ImageFormat format) {
  return {.format = model::output_format_of(format), .where = {"--format"}};
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
