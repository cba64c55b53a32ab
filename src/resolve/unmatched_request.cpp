// SPDX-License-Identifier: MIT
#include "unmatched_request.hpp"

#include <algorithm>
#include <string>
#include <vector>

extern "C" {
#include <solv/selection.h>
}
#include <fmt/format.h>

#include <imagewright/base/text.hpp>

#include "near_names.hpp"

namespace imagewright::resolve {

namespace {

/// Packages that the request would mean if nothing were excluded and every architecture would do.
std::vector<Id> unusable_matches(const PackagePool& pool, const std::string& spec) {
  IdQueue selection;
  IdQueue packages;
  selection_make(pool.get(), selection.get(), spec.c_str(),
                 SELECTION_NAME | SELECTION_CANON | SELECTION_DOTARCH | SELECTION_REL |
                     SELECTION_GLOB | SELECTION_PROVIDES | SELECTION_WITH_DISABLED |
                     SELECTION_WITH_BADARCH);
  selection_solvables(pool.get(), selection.get(), packages.get());
  return {packages.ids().begin(), packages.ids().end()};
}

base::Diagnostic diagnostic(const model::PackageRequest& request, std::string code,
                            std::string message, std::string hint) {
  base::Diagnostic result{
      .code = std::move(code), .message = std::move(message), .hint = std::move(hint)};
  if (!request.where.file.empty()) result.where = request.where;
  if (!request.origin.empty()) {
    result.context.push_back(fmt::format("while installing {}, as asked by {}",
                                         base::quoted(request.spec), request.origin));
  }
  return result;
}

base::Diagnostic explain_unusable(const PackagePool& pool, const model::PackageRequest& request,
                                  const std::vector<Id>& packages) {
  for (const Id package : packages) {
    const model::Nevra nevra = pool.nevra_of(package);
    const Exclusion* exclusion = pool.find_exclusion(package);
    if (exclusion == nullptr) continue;
    base::Diagnostic result =
        diagnostic(request, "resolve.excluded",
                   fmt::format("{} is wanted, but it is {}", nevra.to_string(), exclusion->reason),
                   "remove the request or the exclude");
    if (exclusion->where) result.related.push_back({*exclusion->where, "the exclude stands here"});
    return result;
  }
  return diagnostic(request, "resolve.no-such-package",
                    fmt::format("{} exists only for another architecture: {}",
                                base::quoted(request.spec), pool.text_of(packages.front())),
                    fmt::format("it cannot be installed on {}", pool.request().architecture.name));
}

/// Where it was looked for, since nothing there has a name like it.
std::string hint_of_repositories(const PackagePool& pool) {
  std::vector<std::string> names;
  for (const model::RepositorySnapshot& snapshot : pool.request().repositories)
    names.push_back(base::quoted(snapshot.repository.name));
  return fmt::format("check the name, or add the repository that has it; it was looked for in {}",
                     base::join(names, ", "));
}

} // namespace

base::Diagnostic explain_unmatched(const PackagePool& pool, const model::PackageRequest& request) {
  const std::vector<Id> unusable = unusable_matches(pool, request.spec);
  if (!unusable.empty()) return explain_unusable(pool, request, unusable);
  const std::string name = name_part(request.spec);
  const auto versions = versions_of(pool, name);
  if (!versions.empty()) {
    return diagnostic(request, "resolve.no-such-package",
                      fmt::format("no version of {} fits {}", name, base::quoted(request.spec)),
                      fmt::format("the repositories have {}", base::join(versions, ", ")));
  }
  std::string hint = hint_of_near_names(pool, name);
  if (hint.empty()) hint = hint_of_repositories(pool);
  const char* noun =
      name.starts_with('/') ? "no package has the file" : "no package is named or provides";
  return diagnostic(request, "resolve.no-such-package",
                    fmt::format("{} {}", noun, base::quoted(request.spec)), std::move(hint));
}

} // namespace imagewright::resolve
