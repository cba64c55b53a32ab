// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/base/package_version.hpp>
#include <imagewright/model/package.hpp>

namespace imagewright::model {

std::optional<Nevra> Nevra::parse(std::string_view full_name) {
  const auto dot = full_name.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  std::optional<Nevra> nevra = parse_without_architecture(full_name.substr(0, dot));
  if (nevra) nevra->architecture = full_name.substr(dot + 1);
  return nevra;
}

std::optional<Nevra> Nevra::parse_without_architecture(std::string_view text) {
  // Only the name may have further hyphens.
  const auto release = text.rfind('-');
  if (release == std::string_view::npos || release == 0) return std::nullopt;
  const auto version = text.rfind('-', release - 1);
  if (version == std::string_view::npos || version == 0) return std::nullopt;
  const auto parsed = base::PackageVersion::parse(text.substr(version + 1));
  if (!parsed || parsed->release.empty()) return std::nullopt;
  return Nevra{.name = std::string(text.substr(0, version)),
               .epoch = parsed->epoch,
               .version = parsed->version,
               .release = parsed->release,
               .architecture = {}};
}

std::string Nevra::evr() const {
  if (epoch == 0) return fmt::format("{}-{}", version, release);
  return fmt::format("{}:{}-{}", epoch, version, release);
}

std::string Nevra::to_string() const {
  return fmt::format("{}-{}.{}", name, evr(), architecture);
}

} // namespace imagewright::model
