// SPDX-License-Identifier: MIT
#include "platform.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/plan/output_format.hpp>

namespace imagewright::plan {

namespace {

std::optional<model::Platform> platform_of(const model::OutputImage& output) {
  if (output.platform) return output.platform->value;
  const auto format = model::image_format_of(output.format);
  return format ? model::row_of(*format).platform : std::nullopt;
}

/// A platform without facts is like every other one without.
model::PlatformFacts facts_of(const model::ReleaseProfile& release,
                              std::optional<model::Platform> platform) {
  const auto found = platform ? release.platforms.find(*platform) : release.platforms.end();
  if (found == release.platforms.end()) return {};
  model::PlatformFacts facts = found->second;
  facts.where = {};
  return facts;
}

std::string name_of(std::optional<model::Platform> platform) {
  return platform ? std::string(model::to_string(*platform)) : "none in particular";
}

void refuse_unknown(const model::OutputImage& output, const model::ReleaseProfile& release,
                    base::Diagnostics& mistakes) {
  if (!output.platform || release.platforms.contains(output.platform->value)) return;
  std::vector<std::string> known;
  for (const auto& [platform, facts] : release.platforms)
    known.emplace_back(model::to_string(platform));
  mistakes.error("policy.unknown-platform",
                 fmt::format("release {} says nothing about the platform {}",
                             base::quoted(release.name),
                             base::quoted(name_of(output.platform->value))),
                 output.platform->where,
                 known.empty() ? "remove the key: the release has no platforms"
                               : fmt::format("its platforms are {}", base::join(known, ", ")));
}

} // namespace

std::optional<model::Platform> platform_of(const std::vector<model::OutputImage>& outputs,
                                           const model::ReleaseProfile& release,
                                           base::Diagnostics& mistakes) {
  for (const model::OutputImage& output : outputs)
    refuse_unknown(output, release, mistakes);
  if (outputs.empty()) return std::nullopt;
  const auto first = platform_of(outputs.front());
  for (const model::OutputImage& output : outputs) {
    const auto own = platform_of(output);
    if (own == first || facts_of(release, own) == facts_of(release, first)) continue;
    mistakes.add({.code = "pipeline.platforms-differ",
                  .message = fmt::format("the images of one config hold the same root, but this "
                                         "one is for {} and another for {}",
                                         name_of(own), name_of(first)),
                  .where = output.where,
                  .related = {{outputs.front().where, "the other one"}},
                  .hint = "give both the same \"platform\", choose one with --format, or make a "
                          "second config with baseConfigs"});
    break;
  }
  return first;
}

std::vector<std::string> platforms_of(const BuildPlan& plan) {
  std::vector<std::string> words;
  for (const model::OutputImage& output : plan.outputs) {
    const auto platform = platform_of(output);
    if (!platform) continue;
    std::string word(model::to_string(*platform));
    if (std::ranges::find(words, word) == words.end()) words.push_back(std::move(word));
  }
  std::ranges::sort(words);
  return words;
}

} // namespace imagewright::plan
