// SPDX-License-Identifier: MIT
#include "install_request.hpp"

namespace imagewright::pipeline {

namespace {

std::map<std::string, install::RepositoryTrust> trust_of(const plan::ResolvedPlan& plan,
                                                         const FetchedPackages& fetched) {
  std::map<std::string, install::RepositoryTrust> trust;
  for (const model::Repository& repository : plan.plan.repositories) {
    trust[repository.name].signatures = repository.package_signatures;
  }
  for (const repo::RepositoryKeys& keys : fetched.keys) {
    trust[keys.repository].public_keys = keys.keys;
  }
  return trust;
}

install::ScriptletOptions scriptlet_options(const model::OsConfig& os) {
  install::ScriptletOptions options;
  for (const model::LocatedText& package : os.scriptlets.allow_failure) {
    options.allowed_failures.insert(package.text);
  }
  if (os.scriptlets.timeout) options.timeout = os.scriptlets.timeout->value;
  return options;
}

} // namespace

install::InstallRequest install_request(const plan::ResolvedPlan& plan,
                                        const FetchedPackages& fetched) {
  const model::OsConfig& os = plan.plan.config.os;
  return {.packages = fetched.packages,
          .trust = trust_of(plan, fetched),
          .scriptlets = scriptlet_options(os),
          .epoch = plan.epoch,
          .rpm_database_path = plan.plan.release.rpm_database_path,
          .documentation = os.packages.documentation == model::Inclusion::included
                               ? install::Documentation::included
                               : install::Documentation::excluded,
          .languages = os.packages.languages.value_or(std::vector<std::string>())};
}

} // namespace imagewright::pipeline
