// SPDX-License-Identifier: MIT
#include <string_view>

#include <imagewright/audit/cyclonedx.hpp>
#include <imagewright/audit/package_url.hpp>
#include <imagewright/base/uuid.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::audit {

namespace {

using json::Array;
using json::Object;

std::string_view algorithm_word(base::DigestAlgorithm algorithm) {
  switch (algorithm) {
  case base::DigestAlgorithm::sha256:
    return "SHA-256";
  case base::DigestAlgorithm::sha384:
    return "SHA-384";
  case base::DigestAlgorithm::sha512:
    return "SHA-512";
  }
  return "";
}

Object hash_of(const base::Digest& digest) {
  return {{"alg", algorithm_word(digest.algorithm)}, {"content", digest.hex}};
}

Object property(std::string_view name, const std::string& value) {
  return {{"name", name}, {"value", value}};
}

json::Value component(const model::LockedPackage& package, const Manifest& manifest) {
  const std::string url = package_url(package, manifest);
  Object object{{"type", "library"}, {"bom-ref", url}};
  if (const std::string supplier = supplier_of(package, manifest); !supplier.empty())
    object.emplace_back("supplier", Object{{"name", supplier}});
  object.emplace_back("name", package.nevra.name);
  object.emplace_back("version", package.nevra.evr());
  if (!package.checksum.hex.empty())
    object.emplace_back("hashes", Array{hash_of(package.checksum)});
  // Licences of packages are no SPDX expressions everywhere, so they are given as names.
  if (!package.provenance.license.empty())
    object.emplace_back("licenses",
                        Array{Object{{"license", Object{{"name", package.provenance.license}}}}});
  object.emplace_back("purl", url);
  Array properties{property("imagewright:repository", package.repository)};
  if (!package.provenance.source_package.empty())
    properties.push_back(property("imagewright:sourcePackage", package.provenance.source_package));
  object.emplace_back("properties", std::move(properties));
  return object;
}

/// It may be another version of one that is installed, or that one again: its place tells them
/// apart.
std::string reference_of(const model::StoredPackage& stored) {
  return "file:" + stored.path();
}

json::Value component(const model::StoredPackage& stored, const Manifest& manifest) {
  const json::Value installed = component(stored.package, manifest);
  Object object = *installed.find_object();
  for (auto& [name, value] : object) {
    if (name == "bom-ref") value = reference_of(stored);
    if (name == "properties")
      value = Array{property("imagewright:repository", stored.package.repository),
                    property("imagewright:storedAs", stored.path())};
  }
  return object;
}

json::Value component(const model::LockedContainerImage& image, const Manifest& manifest) {
  const std::string url = package_url(image, manifest);
  Object object{{"type", "container"},
                {"bom-ref", url},
                {"name", image.name},
                {"version", image.manifest.to_string()},
                {"hashes", Array{hash_of(image.manifest)}},
                {"purl", url}};
  const auto found = manifest.container_contents.find(image.manifest);
  if (found == manifest.container_contents.end() || found->second.packages.empty()) return object;
  Array packages;
  for (const model::ContainerPackage& package : found->second.packages) {
    const std::string inner = package_url(package, found->second);
    // The same package may be in several images.
    packages.push_back(Object{{"type", "library"},
                              {"bom-ref", image.name + "#" + inner},
                              {"name", package.name},
                              {"version", package.version},
                              {"purl", inner}});
  }
  object.emplace_back("components", std::move(packages));
  return object;
}

/// Several archives may be unpacked to one place.
std::string reference_of(const FetchedFile& file) {
  return "file:" + file.destination +
         (file.stripped_components ? "#" + file.digest.to_string() : "");
}

json::Value component(const FetchedFile& file) {
  return Object{{"type", "file"},
                {"bom-ref", reference_of(file)},
                {"name", file.destination},
                {"hashes", Array{hash_of(file.digest)}},
                {"externalReferences", Array{Object{{"type", "distribution"}, {"url", file.url}}}}};
}

Object image_component(const Manifest& manifest) {
  Array properties{property("imagewright:release", manifest.release),
                   property("imagewright:architecture", manifest.architecture)};
  for (const ArtifactRecord& artifact : manifest.artifacts)
    properties.push_back(
        property("imagewright:artifact", artifact.file + " " + artifact.digest.to_string()));
  return {{"type", "operating-system"},
          {"bom-ref", manifest.name + "-" + manifest.architecture},
          {"name", manifest.name},
          {"version", base::to_iso8601(manifest.epoch)},
          {"properties", std::move(properties)}};
}

} // namespace

std::string to_cyclonedx(const Manifest& manifest) {
  const Object image = image_component(manifest);
  Array components;
  Array references;
  for (const model::LockedPackage& package : manifest.packages) {
    components.push_back(component(package, manifest));
    references.push_back(package_url(package, manifest));
  }
  for (const model::StoredPackage& stored : manifest.stored_packages) {
    components.push_back(component(stored, manifest));
    references.push_back(reference_of(stored));
  }
  for (const model::LockedContainerImage& each : manifest.container_images) {
    components.push_back(component(each, manifest));
    references.push_back(package_url(each, manifest));
  }
  for (const FetchedFile& file : manifest.fetched_files) {
    components.push_back(component(file));
    references.push_back(reference_of(file));
  }
  return json::to_text(Object{
      {"$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json"},
      {"bomFormat", "CycloneDX"},
      {"specVersion", "1.6"},
      {"serialNumber", "urn:uuid:" + bill_identifier(manifest).to_string()},
      {"version", 1},
      {"metadata",
       Object{{"timestamp", base::to_iso8601(manifest.epoch)},
              {"tools", Object{{"components", Array{Object{{"type", "application"},
                                                           {"name", "imagewright"},
                                                           {"version", manifest.tool_version}}}}}},
              {"component", image}}},
      {"components", std::move(components)},
      {"dependencies", Array{Object{{"ref", manifest.name + "-" + manifest.architecture},
                                    {"dependsOn", std::move(references)}}}}});
}

} // namespace imagewright::audit
