// SPDX-License-Identifier: MIT
#pragma once

// What every question to the resolver has of a plan, and what becomes of its "no".

#include <filesystem>
#include <variant>
#include <vector>

#include <imagewright/plan/build_plan.hpp>
#include <imagewright/repo/repository_set.hpp>
#include <imagewright/resolve/request.hpp>
#include <imagewright/resolve/resolution.hpp>

namespace imagewright::plan {

/// Without packages, excludes and pins. Keeps a reference to `repositories`, whose metadata
/// `snapshots` are.
resolve::ResolveRequest resolver_question(const BuildPlan& plan, repo::RepositorySet& repositories,
                                          std::vector<model::RepositorySnapshot> snapshots,
                                          const std::filesystem::path& cache_directory);

/// Throws base::InputError of FailureKind::unsolvable.
[[noreturn]] void throw_unsolvable(const resolve::Unsolvable& unsolvable);

/// The answer; throws where there is none.
template <typename Answer, typename Result>
Answer require_answer(Result result) {
  if (const auto* unsolvable = std::get_if<resolve::Unsolvable>(&result))
    throw_unsolvable(*unsolvable);
  return std::get<Answer>(std::move(result));
}

} // namespace imagewright::plan
