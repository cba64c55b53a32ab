// SPDX-License-Identifier: MIT
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <imagewright/install/install.hpp>

namespace imagewright::install {

namespace {

/// Each text with its length, so that two lists that differ never give the same.
std::string joined(const std::vector<std::string>& texts) {
  std::string result;
  for (const std::string& text : texts)
    result += fmt::format("{}:{};", text.size(), text);
  return result;
}

template <typename Id>
std::string number_or_none(const std::optional<Id>& id) {
  return id ? std::to_string(*id) : "-";
}

std::string text_of(const accounts::UserRecord& user) {
  const auto& [name, id, group, home, shell, password_hash] = user;
  return joined({name, number_or_none(id), group.value_or("\n"), home.value_or("\n"),
                 shell.value_or("\n"), password_hash.value_or("\n")});
}

std::string text_of(const model::LockedPackage& package) {
  const auto& [nevra, repository, location, checksum, download_size, installed_size, build_time,
               provenance] = package;
  const auto& [source_package, license, vendor] = provenance;
  return joined({nevra.to_string(), repository, checksum.to_string(),
                 std::to_string(download_size.bytes()), std::to_string(installed_size.bytes()),
                 std::to_string(build_time.time_since_epoch().count()), source_package, license,
                 vendor});
}

std::string text_of(const ScriptletOptions& options) {
  const auto& [use, allowed_failures, timeout, deferred_programs] = options;
  return fmt::format("{} {} {} {}", static_cast<int>(use), timeout ? timeout->count() : -1,
                     joined({allowed_failures.begin(), allowed_failures.end()}),
                     joined({deferred_programs.begin(), deferred_programs.end()}));
}

} // namespace

std::map<std::string, std::string> inputs_of(const InstallRequest& request) {
  // A member that is added has to be thought about here.
  const auto& [packages, trust, scriptlets, epoch, rpm_database_path, documentation, languages,
               users, groups, identity_files, wanted, kept, erased, thread_count] = request;
  static_cast<void>(thread_count);
  std::map<std::string, std::string> inputs{
      {"scriptlets", text_of(scriptlets)},
      {"epoch", std::to_string(epoch.time_since_epoch().count())},
      {"package database", rpm_database_path},
      {"documentation", std::to_string(static_cast<int>(documentation))},
      {"languages", joined(languages)},
      {"identity files", joined(identity_files)},
      {"what was asked for", joined(wanted)}};
  // Names may be there more than once: of several kernels, or for several architectures.
  for (const model::PackageFile& file : packages.files)
    inputs["package " + file.package.nevra.name] += text_of(file.package);
  for (const auto& [repository, trusted] : trust) {
    const auto& [signatures, public_keys] = trusted;
    inputs["trust in repository " + repository] =
        fmt::format("{} {}", static_cast<int>(signatures), joined(public_keys));
  }
  for (const accounts::UserRecord& user : users)
    inputs["user " + user.name] += text_of(user);
  for (const auto& [name, id] : groups)
    inputs["group " + name] += joined({name, number_or_none(id)});
  for (const model::Nevra& nevra : kept)
    inputs["packages that stay"] += nevra.to_string() + "\n";
  for (const model::Nevra& nevra : erased)
    inputs["packages that go"] += nevra.to_string() + "\n";
  // The order counts where numbers are given out.
  for (const accounts::UserRecord& user : users)
    inputs["users"] += user.name + "\n";
  for (const auto& [name, id] : groups)
    inputs["groups"] += name + "\n";
  return inputs;
}

} // namespace imagewright::install
