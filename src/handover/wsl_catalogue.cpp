// SPDX-License-Identifier: MIT
#include <set>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/handover/handover.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/model/architecture_names.hpp>

#include "handover/manifest_facts.hpp"

namespace imagewright::handover {

namespace {

[[noreturn]] void throw_mixed(const std::string& message) {
  throw base::Error(base::FailureKind::input, "handover.mixed-images", message,
                    "give the manifests of one image, one for each architecture");
}

/// "Amd64Url", "Arm64Url": by the name that others have for the architecture.
std::string key_of(const audit::Manifest& manifest) {
  for (const model::ArchitectureName& row : model::k_architecture_names) {
    if (row.name != manifest.architecture) continue;
    std::string name(row.other_names.front());
    name.front() = static_cast<char>(name.front() - 'a' + 'A');
    return name + "Url";
  }
  throw base::Error(base::FailureKind::input, "handover.bad-text",
                    fmt::format("{} is no architecture", base::quoted(manifest.architecture)),
                    "give the manifest as a build wrote it");
}

} // namespace

std::string wsl_catalogue(std::span<const audit::Manifest> manifests,
                          const CatalogueRequest& request) {
  IMAGEWRIGHT_ASSERT(!manifests.empty());
  const audit::Manifest& first = manifests.front();
  const std::string flavor =
      checked_text(request.flavor.empty() ? first.name : request.flavor, "name of a distribution");
  // The name begins with the flavor: that is how the catalogue groups versions.
  const std::string name = flavor == first.name || first.name.starts_with(flavor)
                               ? first.name
                               : flavor + "-" + first.name;
  json::Object entry{{"Name", name},
                     {"FriendlyName", request.friendly_name.empty()
                                          ? fmt::format("{} ({})", flavor, first.release)
                                          : checked_text(request.friendly_name, "name to show")},
                     {"Default", true}};
  std::string url = checked_text(request.base_url, "address");
  if (!url.ends_with('/')) url += '/';
  std::set<std::string> seen;
  for (const audit::Manifest& manifest : manifests) {
    if (manifest.name != first.name) {
      throw_mixed(fmt::format("{} and {} are different images", base::quoted(first.name),
                              base::quoted(manifest.name)));
    }
    if (!seen.insert(manifest.architecture).second)
      throw_mixed(fmt::format("there are two manifests for {}", manifest.architecture));
    const audit::ArtifactRecord& artifact = artifact_in(manifest, {model::ImageFormat::wsl});
    entry.emplace_back(key_of(manifest), json::Object{{"Url", url + artifact.file},
                                                      {"Sha256", "0x" + artifact.digest.hex}});
  }
  return json::to_text(
      json::Object{{"ModernDistributions", json::Object{{flavor, json::Array{std::move(entry)}}}}});
}

} // namespace imagewright::handover
