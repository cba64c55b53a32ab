// SPDX-License-Identifier: MIT
#include <optional>

#include <fmt/format.h>

#include <imagewright/audit/package_list.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/package_version.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::audit {

namespace {

constexpr std::string_view k_begin = "=== Installed Packages Begin";
constexpr std::string_view k_end = "=== Installed Packages End";
/// What rpm writes where a package has no architecture.
constexpr std::string_view k_none = "(none)";
/// Keys that rpm was told to trust are packages to it.
constexpr std::string_view k_key = "gpg-pubkey";

[[noreturn]] void throw_damaged(const std::string& file, const std::string& why) {
  throw base::Error(base::FailureKind::input, "audit.damaged-list",
                    fmt::format("{} is no list of packages: {}", base::quoted(file), why),
                    "give a manifest, a lock, or lines of name-version-release.architecture");
}

/// "name-version-release", where only the name may have further hyphens.
std::optional<model::Nevra> find_package(std::string_view text, std::string_view architecture) {
  const auto release = text.rfind('-');
  if (release == std::string_view::npos || release == 0) return std::nullopt;
  const auto version = text.rfind('-', release - 1);
  if (version == std::string_view::npos || version == 0) return std::nullopt;
  const auto parsed = base::PackageVersion::parse(text.substr(version + 1));
  if (!parsed) return std::nullopt;
  model::Nevra nevra;
  nevra.name = text.substr(0, version);
  nevra.epoch = parsed->epoch;
  nevra.version = parsed->version;
  nevra.release = parsed->release;
  nevra.architecture = architecture == k_none ? std::string_view() : architecture;
  return nevra;
}

std::string_view listed_part(std::string_view text, const std::string& file) {
  const auto begin = text.find(k_begin);
  if (begin == std::string_view::npos) return text;
  const auto end = text.find(k_end, begin);
  if (end == std::string_view::npos) throw_damaged(file, "its list of packages does not end");
  return text.substr(begin + k_begin.size(), end - begin - k_begin.size());
}

} // namespace

std::vector<model::Nevra> read_package_list(std::string_view text, const std::string& file) {
  std::vector<model::Nevra> packages;
  for (const std::string& whole : base::split(std::string(listed_part(text, file)), '\n')) {
    const std::string_view line = base::trimmed(whole);
    if (line.empty() || line.starts_with('#')) continue;
    const auto dot = line.starts_with(k_key) ? line.find(".(") : line.rfind('.');
    const bool has_architecture = dot != std::string_view::npos;
    const auto package =
        find_package(line.substr(0, dot), has_architecture ? line.substr(dot + 1) : k_none);
    if (!package)
      throw_damaged(file,
                    fmt::format("{} is no name-version-release.architecture", base::quoted(line)));
    packages.push_back(*package);
  }
  if (packages.empty()) throw_damaged(file, "it names no package");
  return packages;
}

} // namespace imagewright::audit
