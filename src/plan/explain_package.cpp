// SPDX-License-Identifier: MIT
#include <set>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/suggest.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/plan/explain_package.hpp>
#include <imagewright/plan/lock_freshness.hpp>
#include <imagewright/plan/repositories.hpp>

namespace imagewright::plan {

namespace {

/// The packages that the lock pins, when it is to be honoured.
std::vector<model::LockedPackage> pinned_packages(const BuildPlan& plan) {
  const auto lock = find_lock(plan.config.path);
  const model::ArchitectureLock* entry = lock ? lock->find(plan.architecture.name) : nullptr;
  return entry != nullptr ? entry->packages : std::vector<model::LockedPackage>();
}

std::vector<model::LockedPackage> pinned_files(const BuildPlan& plan) {
  const auto lock = find_lock(plan.config.path);
  const model::ArchitectureLock* entry = lock ? lock->find(plan.architecture.name) : nullptr;
  return entry != nullptr ? packages_of(entry->stored) : std::vector<model::LockedPackage>();
}

/// Nothing requires what lies in the image as a file: the config alone asks for it.
std::vector<PackageChain> stored_chains(const BuildPlan& plan,
                                        const resolve::Resolution& resolution,
                                        const std::string& package) {
  const auto requests = stored_requests(plan);
  std::vector<PackageChain> chains;
  for (const auto& [request, stored] : resolution.stored) {
    const std::string full_name = stored.nevra.to_string();
    if (package != stored.nevra.name && package != full_name) continue;
    chains.push_back({.architecture = plan.architecture.name,
                      .request = requests.at(request),
                      .links = {{full_name, {}}}});
  }
  return chains;
}

} // namespace

PackageChain chain_from(const resolve::Explanation& explanation, const std::string& architecture) {
  PackageChain chain{.architecture = architecture, .request = explanation.request};
  for (const resolve::ExplanationStep& step : explanation.chain) {
    chain.links.push_back({step.package.to_string(), step.requirement});
  }
  chain.links.push_back({explanation.package.to_string(), {}});
  return chain;
}

void throw_absent(const std::string& package, const std::vector<std::string>& names,
                  const std::string& listing) {
  std::string hint = base::did_you_mean(package, names);
  if (hint.empty()) hint = listing + " lists the packages that are";
  throw base::Error(base::FailureKind::input, "cli.package-not-in-image",
                    fmt::format("no package {} is in the image", base::quoted(package)),
                    std::move(hint));
}

std::vector<PackageChain> explain_package(const PlanOptions& options, const ResolveOptions& resolve,
                                          const std::string& package, const Services& services) {
  std::vector<PackageChain> chains;
  std::set<std::string> names;
  for (const BuildPlan& plan : plan_build(options).plans) {
    PlanRepositories repositories(plan, resolve.network, services);
    const ResolvedPackages resolved =
        repositories.resolve(plan, pinned_packages(plan), {.stored_pins = pinned_files(plan)});
    for (const auto& explanation : resolve::explain(resolved.resolution, package)) {
      chains.push_back(chain_from(explanation, plan.architecture.name));
    }
    for (PackageChain& chain : stored_chains(plan, resolved.resolution, package))
      chains.push_back(std::move(chain));
    for (const resolve::StoredChoice& each : resolved.resolution.stored)
      names.insert(each.package.nevra.name);
    for (const model::LockedPackage& each : resolved.resolution.packages)
      names.insert(each.nevra.name);
  }
  if (chains.empty())
    throw_absent(package, {names.begin(), names.end()}, "imagewright plan --packages CONFIG");
  return chains;
}

std::string to_text(const std::vector<PackageChain>& chains) {
  std::string text;
  for (const PackageChain& chain : chains) {
    text += fmt::format("{}: {} asks for \"{}\" ({})\n", base::to_string(chain.request.where),
                        chain.request.origin, chain.request.spec, chain.architecture);
    std::string indent = "  ";
    std::string needed;
    for (const PackageReason& link : chain.links) {
      text += needed.empty() ? fmt::format("{}{}\n", indent, link.package)
                             : fmt::format("{}{} (needs \"{}\")\n", indent, link.package, needed);
      needed = link.requirement;
      indent += "  ";
    }
  }
  return text;
}

json::Value to_json(const std::vector<PackageChain>& chains) {
  json::Array array;
  for (const PackageChain& chain : chains) {
    json::Array links;
    for (const PackageReason& link : chain.links) {
      links.push_back(json::Object{{"package", link.package}, {"requirement", link.requirement}});
    }
    array.push_back(json::Object{{"architecture", chain.architecture},
                                 {"requestedAt", base::to_string(chain.request.where)},
                                 {"request", chain.request.spec},
                                 {"origin", chain.request.origin},
                                 {"chain", links}});
  }
  return array;
}

} // namespace imagewright::plan
