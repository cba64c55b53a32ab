// SPDX-License-Identifier: MIT
#include "native_packages.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <imagewright/base/error.hpp>
#include <imagewright/model/architecture.hpp>

namespace imagewright::pipeline {

namespace {

/// The image's packages as those of another architecture, so that the resolver takes the same
/// versions where it can.
std::vector<model::LockedPackage> pins_for(const plan::ResolvedPlan& plan,
                                           const std::string& host) {
  std::vector<model::LockedPackage> pins = plan.lock.packages;
  for (model::LockedPackage& pin : pins) {
    if (pin.nevra.architecture == plan.plan.architecture.name) pin.nevra.architecture = host;
  }
  return pins;
}

/// Is this how it shows that the tools are not there, and nothing worse?
bool means_absence(const base::Diagnostic& problem) {
  constexpr std::array k_codes{"pipeline.architecture-not-offered", "repo.metadata-missing",
                               "repo.offline", "repo.package-missing"};
  return std::ranges::find(k_codes, problem.code) != k_codes.end();
}

bool means_absence(const base::InputError& error) {
  if (error.kind() == base::FailureKind::unsolvable) return true;
  return std::ranges::all_of(error.diagnostics().items(), [](const base::Diagnostic& problem) {
    return problem.severity != base::Severity::error || means_absence(problem);
  });
}

plan::BuildPlan with_role_alone(plan::BuildPlan plan, const std::string& role) {
  plan.packages.clear();
  const auto found = plan.release.roles.find(role);
  if (found == plan.release.roles.end()) return plan;
  for (const model::LocatedText& package : found->second.for_architecture(plan.architecture.name)) {
    plan.packages.push_back(
        {.spec = package.text, .where = package.where, .origin = "native programs"});
  }
  return plan;
}

std::string message_of(const base::InputError& error) {
  for (const base::Diagnostic& problem : error.diagnostics().items()) {
    if (problem.severity == base::Severity::error) return problem.message;
  }
  return error.what();
}

} // namespace

plan::BuildPlan plan_of_role(const plan::PlanOptions& options, const std::string& role) {
  const model::Architecture* host = model::host_architecture();
  IMAGEWRIGHT_ASSERT(host != nullptr);
  plan::PlanOptions wanted = options;
  wanted.architectures = {host->name};
  return with_role_alone(std::move(plan::plan_packages(wanted).plans.front()), role);
}

NativePackages::NativePackages(const plan::ResolvedPlan& image, const BuildOptions& options,
                               const std::string& role, const plan::Services& services)
    : plan_{.plan = plan_of_role(options.plan, role)},
      repositories_(plan_.plan, options.resolve.network, services) {
  plan_.epoch = image.epoch;
  resolve(pins_for(image, plan_.plan.architecture.name));
}

NativePackages::NativePackages(plan::BuildPlan sources, const std::string& role, base::Epoch epoch,
                               plan::NetworkUse network, const plan::Services& services)
    : plan_{.plan = with_role_alone(std::move(sources), role), .epoch = epoch},
      repositories_(plan_.plan, network, services) {
  resolve({});
}

void NativePackages::resolve(const std::vector<model::LockedPackage>& pins) {
  plan_.lock =
      plan::lock_from(plan_.plan, repositories_.resolve(plan_.plan, pins,
                                                        {.baseline = plan::BaselineUse::ignored}));
}

FetchedPackages NativePackages::fetch(const std::vector<model::LockedPackage>& packages) {
  model::ArchitectureLock wanted = plan_.lock;
  wanted.packages = packages;
  FetchedPackages fetched;
  fetched.keys = repositories_.set().load_keys(&wanted);
  fetched.packages = repositories_.set().download(wanted);
  return fetched;
}

std::optional<std::string> find_absence(const std::function<void()>& work) {
  try {
    work();
    return std::nullopt;
  } catch (const base::InputError& error) {
    if (!means_absence(error)) throw;
    return message_of(error);
  } catch (const base::Error& error) {
    if (!means_absence(error.diagnostic())) throw;
    return error.diagnostic().message;
  }
}

} // namespace imagewright::pipeline
