// SPDX-License-Identifier: MIT
#include "install_request.hpp"

#include <imagewright/model/boot_choice.hpp>

namespace imagewright::pipeline {

namespace {

std::map<std::string, install::RepositoryTrust> trust_of(const plan::BuildPlan& plan,
                                                         const FetchedPackages& fetched) {
  std::map<std::string, install::RepositoryTrust> trust;
  for (const model::Repository& repository : plan.repositories) {
    trust[repository.name].signatures = repository.package_signatures;
  }
  for (const repo::RepositoryKeys& keys : fetched.keys) {
    trust[keys.repository].public_keys = keys.keys;
  }
  return trust;
}

install::ScriptletOptions scriptlet_options(const plan::BuildPlan& plan) {
  const model::OsConfig& os = plan.config.os;
  install::ScriptletOptions options;
  // With a boot loader the initramfs is made when files and scripts of the config are there.
  if (model::boot_type_of(plan.config, plan.release) == model::BootType::legacy ||
      !model::boot_loader_of(plan.config, plan.release).empty())
    options.deferred_programs = {"dracut"};
  for (const model::LocatedText& package : os.scriptlets.allow_failure) {
    options.allowed_failures.insert(package.text);
  }
  if (os.scriptlets.timeout) options.timeout = os.scriptlets.timeout->value;
  return options;
}

/// Without passwords: those are set when the packages are there.
std::vector<accounts::UserRecord> users_of(const model::OsConfig& os) {
  const auto text =
      [](const std::optional<model::LocatedText>& wish) -> std::optional<std::string> {
    if (!wish || wish->text.empty()) return std::nullopt;
    return wish->text;
  };
  std::vector<accounts::UserRecord> users;
  for (const model::UserConfig& user : os.users) {
    users.push_back({.name = user.name,
                     .id = user.uid,
                     .group = text(user.primary_group),
                     .home = text(user.home_directory),
                     .shell = text(user.startup_command),
                     .password_hash = {}});
  }
  return users;
}

std::vector<accounts::SystemGroup> groups_of(const model::OsConfig& os) {
  std::vector<accounts::SystemGroup> groups;
  for (const model::GroupConfig& group : os.groups)
    groups.push_back({group.name, group.gid});
  return groups;
}

std::vector<std::string> wanted_by(const plan::BuildPlan& plan) {
  std::vector<std::string> wanted;
  for (const model::PackageRequest& request : plan.packages)
    wanted.push_back(request.spec);
  return wanted;
}

} // namespace

install::InstallRequest install_request(const plan::ResolvedPlan& plan,
                                        const FetchedPackages& fetched) {
  return install_request(plan.plan, plan.epoch, fetched);
}

install::InstallRequest install_request(const plan::BuildPlan& plan, base::Epoch epoch,
                                        const FetchedPackages& fetched) {
  const model::OsConfig& os = plan.config.os;
  return {.packages = fetched.packages,
          .trust = trust_of(plan, fetched),
          .scriptlets = scriptlet_options(plan),
          .epoch = epoch,
          .rpm_database_path = plan.release.rpm_database_path,
          .documentation = os.packages.documentation == model::Inclusion::included
                               ? install::Documentation::included
                               : install::Documentation::excluded,
          .languages = os.packages.languages.value_or(std::vector<std::string>()),
          .users = users_of(os),
          .groups = groups_of(os),
          .identity_files = plan.release.identity_files,
          .wanted = wanted_by(plan),
          .kept = {},
          .erased = {}};
}

} // namespace imagewright::pipeline
