// SPDX-License-Identifier: MIT
#include <fmt/format.h>

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

/// Percent-encoding of the package URL specification.
std::string purl_part(std::string_view text) {
  std::string result;
  for (const char character : text) {
    const bool is_plain = (character >= 'a' && character <= 'z') ||
                          (character >= 'A' && character <= 'Z') ||
                          (character >= '0' && character <= '9') || character == '.' ||
                          character == '-' || character == '_' || character == '~';
    result += is_plain ? std::string(1, character)
                       : fmt::format("%{:02X}", static_cast<unsigned char>(character));
  }
  return result;
}

std::string purl(const model::Nevra& nevra, const std::string& release) {
  std::string text = fmt::format("pkg:rpm/{}/{}@{}-{}?arch={}", purl_part(release),
                                 purl_part(nevra.name), purl_part(nevra.version),
                                 purl_part(nevra.release), purl_part(nevra.architecture));
  if (nevra.epoch > 0) text += fmt::format("&epoch={}", nevra.epoch);
  return text;
}

json::Value package(const model::LockedPackage& package, const std::string& release) {
  return Object{
      {"SPDXID", identifier(package.nevra.to_string())},
      {"name", package.nevra.name},
      {"versionInfo", package.nevra.evr()},
      {"downloadLocation", "NOASSERTION"},
      {"filesAnalyzed", false},
      {"checksums",
       Array{Object{
           {"algorithm", package.checksum.algorithm == base::DigestAlgorithm::sha512   ? "SHA512"
                         : package.checksum.algorithm == base::DigestAlgorithm::sha384 ? "SHA384"
                                                                                       : "SHA256"},
           {"checksumValue", package.checksum.hex}}}},
      {"externalRefs", Array{Object{{"referenceCategory", "PACKAGE-MANAGER"},
                                    {"referenceType", "purl"},
                                    {"referenceLocator", purl(package.nevra, release)}}}}};
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
                        {"primaryPackagePurpose", "OPERATING-SYSTEM"}}};
  Array relationships{relationship("SPDXRef-DOCUMENT", "DESCRIBES", image)};
  std::string content;
  for (const model::LockedPackage& locked : manifest.packages) {
    packages.push_back(package(locked, manifest.release));
    relationships.push_back(relationship(image, "CONTAINS", identifier(locked.nevra.to_string())));
    content += locked.checksum.to_string() + "\n";
  }
  const base::Uuid space = base::Uuid::from_name(content, manifest.name + manifest.architecture);
  return json::to_text(Object{
      {"spdxVersion", "SPDX-2.3"},
      {"dataLicense", "CC0-1.0"},
      {"SPDXID", "SPDXRef-DOCUMENT"},
      {"name", manifest.name + "-" + manifest.architecture},
      {"documentNamespace", "urn:uuid:" + space.to_string()},
      {"creationInfo", Object{{"created", base::to_iso8601(manifest.epoch)},
                              {"creators", Array{"Tool: imagewright-" + manifest.tool_version}}}},
      {"packages", packages},
      {"relationships", relationships}});
}

} // namespace imagewright::audit
