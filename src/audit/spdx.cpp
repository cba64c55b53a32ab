// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/audit/package_url.hpp>
#include <imagewright/audit/spdx.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/uuid.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::audit {

namespace {

using json::Array;
using json::Object;

/// An SPDX identifier may hold letters, digits, "." and "-" only (SPDX 2.3, section 6.3).
std::string identifier(std::string_view text) {
  std::string result = "SPDXRef-";
  for (const char character : text) {
    const bool is_allowed =
        (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
        (character >= '0' && character <= '9') || character == '.' || character == '-';
    result += is_allowed ? std::string(1, character)
                         : fmt::format("-{:02X}-", static_cast<unsigned char>(character));
  }
  return result;
}

std::string_view algorithm_word(base::DigestAlgorithm algorithm) {
  switch (algorithm) {
  case base::DigestAlgorithm::sha256:
    return "SHA256";
  case base::DigestAlgorithm::sha384:
    return "SHA384";
  case base::DigestAlgorithm::sha512:
    return "SHA512";
  }
  return "";
}

/// SPDX 2.3, section 7: what is not known is said to be unknown. Licences of packages are no SPDX
/// expressions everywhere, so they stand in a comment.
json::Value package(const model::LockedPackage& package, const Manifest& manifest) {
  const std::string supplier = supplier_of(package, manifest);
  const auto& [source, license, vendor] = package.provenance;
  Object object{{"SPDXID", identifier(package.nevra.to_string())},
                {"name", package.nevra.name},
                {"versionInfo", package.nevra.evr()},
                {"supplier", supplier.empty() ? "NOASSERTION" : "Organization: " + supplier},
                {"downloadLocation", "NOASSERTION"},
                {"filesAnalyzed", false}};
  if (!source.empty()) object.emplace_back("sourceInfo", "built from " + source);
  if (!license.empty()) object.emplace_back("licenseComments", "the package says: " + license);
  // Of a package that was there already only its name is known.
  if (!package.checksum.hex.empty())
    object.emplace_back("checksums",
                        Array{Object{{"algorithm", algorithm_word(package.checksum.algorithm)},
                                     {"checksumValue", package.checksum.hex}}});
  object.emplace_back("externalRefs",
                      Array{Object{{"referenceCategory", "PACKAGE-MANAGER"},
                                   {"referenceType", "purl"},
                                   {"referenceLocator", package_url(package, manifest)}}});
  return object;
}

/// It may be another version of one that is installed, or that one again: its place tells them
/// apart.
json::Value stored_package(const model::StoredPackage& stored, const Manifest& manifest) {
  const json::Value installed = package(stored.package, manifest);
  Object object = *installed.find_object();
  for (auto& [name, value] : object) {
    if (name == "SPDXID") value = identifier("stored" + stored.path());
  }
  object.emplace_back("packageFileName", stored.path());
  object.emplace_back("comment", "lies in the image as a file, and is not installed");
  return object;
}

/// Its content is known by the digest of its manifest.
json::Value container_image(const model::LockedContainerImage& image, const Manifest& manifest) {
  return Object{
      {"SPDXID", identifier("container-image-" + image.name)},
      {"name", image.name},
      {"versionInfo", image.manifest.to_string()},
      {"supplier", "NOASSERTION"},
      {"downloadLocation", "NOASSERTION"},
      {"filesAnalyzed", false},
      {"primaryPackagePurpose", "CONTAINER"},
      {"checksums", Array{Object{{"algorithm", algorithm_word(image.manifest.algorithm)},
                                 {"checksumValue", image.manifest.hex}}}},
      {"externalRefs", Array{Object{{"referenceCategory", "PACKAGE-MANAGER"},
                                    {"referenceType", "purl"},
                                    {"referenceLocator", package_url(image, manifest)}}}}};
}

std::string name_in_bill(const model::LockedContainerImage& image,
                         const model::ContainerPackage& package) {
  return "container-image-" + image.name + "-" + package.kind + "-" + package.name + "-" +
         package.version + "-" + package.architecture;
}

json::Value container_package(const model::LockedContainerImage& image,
                              const model::ContainerPackage& package,
                              const model::ContainerContents& contents) {
  Object object{{"SPDXID", identifier(name_in_bill(image, package))},
                {"name", package.name},
                {"versionInfo", package.version},
                {"supplier", "NOASSERTION"},
                {"downloadLocation", "NOASSERTION"},
                {"filesAnalyzed", false}};
  if (!package.source.empty()) object.emplace_back("sourceInfo", "built from " + package.source);
  object.emplace_back("externalRefs",
                      Array{Object{{"referenceCategory", "PACKAGE-MANAGER"},
                                   {"referenceType", "purl"},
                                   {"referenceLocator", package_url(package, contents)}}});
  return object;
}

/// Several archives may be unpacked to one place.
std::string file_name_in_bill(const FetchedFile& file) {
  const std::string name = "file" + file.destination;
  return file.stripped_components ? name + "-" + file.digest.hex.substr(0, 16) : name;
}

/// A download location is an address with a scheme (SPDX 2.3, section 7.7).
json::Value fetched_file(const FetchedFile& file) {
  return Object{{"SPDXID", identifier(file_name_in_bill(file))},
                {"name", file.destination},
                {"supplier", "NOASSERTION"},
                {"downloadLocation", file.url},
                {"filesAnalyzed", false},
                {"primaryPackagePurpose", file.stripped_components ? "ARCHIVE" : "FILE"},
                {"checksums", Array{Object{{"algorithm", algorithm_word(file.digest.algorithm)},
                                           {"checksumValue", file.digest.hex}}}}};
}

json::Value relationship(std::string_view from, std::string_view type, std::string_view to) {
  return Object{{"spdxElementId", from}, {"relationshipType", type}, {"relatedSpdxElement", to}};
}

} // namespace

std::string to_spdx(const Manifest& manifest) {
  const std::string image = identifier(manifest.name + "-" + manifest.architecture);
  Array packages{Object{{"SPDXID", image},
                        {"name", manifest.name},
                        {"versionInfo", base::to_iso8601(manifest.epoch)},
                        {"downloadLocation", "NOASSERTION"},
                        {"filesAnalyzed", false},
                        {"primaryPackagePurpose", "OPERATING_SYSTEM"}}};
  Array relationships{relationship("SPDXRef-DOCUMENT", "DESCRIBES", image)};
  for (const model::LockedPackage& locked : manifest.packages) {
    packages.push_back(package(locked, manifest));
    relationships.push_back(relationship(image, "CONTAINS", identifier(locked.nevra.to_string())));
  }
  for (const model::StoredPackage& stored : manifest.stored_packages) {
    packages.push_back(stored_package(stored, manifest));
    relationships.push_back(relationship(image, "CONTAINS", identifier("stored" + stored.path())));
  }
  for (const model::LockedContainerImage& each : manifest.container_images) {
    packages.push_back(container_image(each, manifest));
    relationships.push_back(
        relationship(image, "CONTAINS", identifier("container-image-" + each.name)));
    const auto found = manifest.container_contents.find(each.manifest);
    if (found == manifest.container_contents.end()) continue;
    for (const model::ContainerPackage& inner : found->second.packages) {
      packages.push_back(container_package(each, inner, found->second));
      relationships.push_back(relationship(identifier("container-image-" + each.name), "CONTAINS",
                                           identifier(name_in_bill(each, inner))));
    }
  }
  for (const FetchedFile& file : manifest.fetched_files) {
    packages.push_back(fetched_file(file));
    relationships.push_back(relationship(image, "CONTAINS", identifier(file_name_in_bill(file))));
  }
  return json::to_text(Object{
      {"spdxVersion", "SPDX-2.3"},
      {"dataLicense", "CC0-1.0"},
      {"SPDXID", "SPDXRef-DOCUMENT"},
      {"name", manifest.name + "-" + manifest.architecture},
      {"documentNamespace", "urn:uuid:" + bill_identifier(manifest).to_string()},
      {"creationInfo", Object{{"created", base::to_iso8601(manifest.epoch)},
                              {"creators", Array{"Tool: imagewright-" + manifest.tool_version}}}},
      {"packages", packages},
      {"relationships", relationships}});
}

} // namespace imagewright::audit
