// SPDX-License-Identifier: MIT
#include "bringers.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/finalize/package_references.hpp>
#include <imagewright/install/package_files_reader.hpp>
#include <imagewright/plan/bringers.hpp>

namespace imagewright::pipeline {

namespace {

/// Paths of which a package should have one, for what the config names at that place.
std::vector<std::string> paths_wanted_at(const base::Diagnostic& failure,
                                         const model::ImageConfig& config) {
  if (!failure.where) return {};
  const auto missing = finalize::find_missing_references(config, {});
  const auto found = std::ranges::find_if(missing, [&](const auto& each) {
    return each.warning.code == failure.code && each.warning.where == failure.where;
  });
  return found == missing.end() ? std::vector<std::string>() : found->paths;
}

/// Packages that lie in the image as files and have one of the paths, each with its directory.
std::set<std::string> find_stored(const std::vector<std::string>& paths,
                                  const plan::ResolvedPlan& plan, const plan::Services& services) {
  std::set<std::string> found;
  for (const model::AdditionalFile& file : plan.plan.config.os.additional_files) {
    const auto* place = std::get_if<std::filesystem::path>(&file.content);
    if (!file.stored_package || place == nullptr) continue;
    const std::vector<std::filesystem::path> one{*place};
    if (!install::read_packaged_files(one, paths, services.cancellation).empty())
      found.insert(file.stored_package->name);
  }
  return found;
}

std::string hint_for(const std::vector<std::string>& paths, const plan::ResolvedPlan& plan,
                     const plan::Services& services) {
  if (const auto stored = find_stored(paths, plan, services); !stored.empty()) {
    return fmt::format("the image only stores {}, which brings it: add it to os.packages.install",
                       base::join(std::vector(stored.begin(), stored.end()), ", "));
  }
  const auto known = plan::find_known_bringers(plan.plan, paths, services);
  return known.empty() ? std::string() : plan::hint_of_bringers(known);
}

} // namespace

base::Error with_bringers(const base::Error& failure, const plan::ResolvedPlan& plan,
                          const plan::Services& services) {
  base::Diagnostic told = failure.diagnostic();
  const auto paths = paths_wanted_at(told, plan.plan.config);
  if (paths.empty()) return failure;
  try {
    if (std::string hint = hint_for(paths, plan, services); !hint.empty())
      told.hint = std::move(hint);
  } catch (const base::Error&) {
    // A package that cannot be read now names nothing; what is missing is told all the same,
    // ignoring.
  }
  return {failure.kind(), std::move(told)};
}

} // namespace imagewright::pipeline
