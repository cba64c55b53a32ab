// SPDX-License-Identifier: MIT
#include <algorithm>
#include <regex>

#include <fmt/format.h>

#include <imagewright/base/digest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/handover/prepared_image.hpp>
#include <imagewright/json/value.hpp>

#include "handover/manifest_facts.hpp"
#include "handover/node_script.hpp"
#include "handover/without_place.hpp"

namespace imagewright::handover {

namespace {

constexpr std::string_view k_resource = "Microsoft.ContainerService/preparedImageSpecifications";
constexpr std::string_view k_api_version = "2026-02-02-preview";
constexpr std::string_view k_template =
    "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";
constexpr std::size_t k_longest_name = 63;

std::string checked_name(const std::string& name) {
  static const std::regex pattern("[a-z0-9]([-a-z0-9]*[a-z0-9])?");
  if (name.size() <= k_longest_name && std::regex_match(name, pattern)) return name;
  throw base::Error(base::FailureKind::input, "handover.bad-text",
                    fmt::format("{} is no name of a resource of AKS", base::quoted(name)),
                    "give one of at most 63 small letters, digits and inner hyphens with --name");
}

/// The images as registries have them, by digest.
json::Array container_images(const model::ImageConfig& config, const model::ArchitectureLock& lock,
                             base::Diagnostics& left_out) {
  const auto leave_out = [&](const model::ContainerImageConfig& image, const std::string& what) {
    left_out.warning("handover.no-place", what, image.where,
                     "push the image to a registry that the nodes can read, and name it there");
  };
  json::Array references;
  for (const model::ContainerImageConfig& image : config.os.container_images) {
    const std::string name = image.name ? image.name->text : std::string();
    const auto found = std::ranges::find_if(lock.container_images, [&](const auto& locked) {
      return locked.name == name && locked.name_space == image.name_space;
    });
    if (image.source == model::ContainerSource::docker_archive ||
        found == lock.container_images.end()) {
      leave_out(image, fmt::format("the container image {} has no digest that a registry knows",
                                   base::quoted(name.empty() ? image.path.string() : name)));
      continue;
    }
    if (image.pinning == model::Pinning::pinned)
      leave_out(image, fmt::format("that {} is pinned: AKS decides what its nodes throw away",
                                   base::quoted(name)));
    const base::Digest& digest = found->index ? *found->index : found->manifest;
    references.emplace_back(name + "@" + digest.to_string());
  }
  return references;
}

json::Value properties_of(json::Array images, const std::string& script,
                          const PreparedImageRequest& request) {
  json::Object properties{{"containerImages", std::move(images)}};
  if (!script.empty()) {
    properties.emplace_back("customizationScripts",
                            json::Array{json::Object{{"name", "imagewright"},
                                                     {"executionPoint", "NodeImageBuildTime"},
                                                     {"scriptType", "Bash"},
                                                     {"script", script},
                                                     {"postScriptAction", "None"}}});
  }
  if (!request.identity.empty())
    properties.emplace_back("identityProfile", json::Object{{"resourceId", request.identity}});
  const std::string digest = base::digest_of(json::to_text(json::Value(properties))).hex;
  properties.emplace_back("version",
                          request.version.empty() ? digest.substr(0, 12) : request.version);
  return properties;
}

} // namespace

PreparedImage prepared_image(const model::ImageConfig& config, const model::ArchitectureLock& lock,
                             const PreparedImageRequest& request) {
  PreparedImage prepared{.text = {}, .left_out = without_place(config)};
  const std::string script = node_script(config, lock, prepared.left_out);
  json::Array images = container_images(config, lock, prepared.left_out);
  for (const std::string* text : {&request.location, &request.version, &request.identity})
    if (!text->empty()) checked_text(*text, "a value for the template");
  json::Object resource{{"type", std::string(k_resource)},
                        {"apiVersion", std::string(k_api_version)},
                        {"name", checked_name(request.name.empty() ? config.name : request.name)},
                        {"location", request.location},
                        {"properties", properties_of(std::move(images), script, request)}};
  prepared.text = json::to_text(json::Object{{"$schema", std::string(k_template)},
                                             {"contentVersion", "1.0.0.0"},
                                             {"resources", json::Array{std::move(resource)}}});
  return prepared;
}

} // namespace imagewright::handover
