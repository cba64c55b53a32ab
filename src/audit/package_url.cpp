// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/audit/package_url.hpp>
#include <imagewright/base/uuid.hpp>
#include <imagewright/model/architecture.hpp>

namespace imagewright::audit {

namespace {

/// Percent-encoding of the package URL specification.
std::string encoded(std::string_view text) {
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

} // namespace

std::string package_url(const model::LockedPackage& package, const Manifest& manifest) {
  const model::Nevra& nevra = package.nevra;
  const std::string& vendor = manifest.bill.package_url_namespace.empty()
                                  ? manifest.release
                                  : manifest.bill.package_url_namespace;
  // Qualifiers stand in the order of their names.
  std::string text =
      fmt::format("pkg:rpm/{}/{}@{}-{}?arch={}", encoded(vendor), encoded(nevra.name),
                  encoded(nevra.version), encoded(nevra.release), encoded(nevra.architecture));
  if (!manifest.bill.distribution.empty()) text += "&distro=" + encoded(manifest.bill.distribution);
  if (nevra.epoch > 0) text += fmt::format("&epoch={}", nevra.epoch);
  if (!package.provenance.source_package.empty())
    text += "&upstream=" + encoded(package.provenance.source_package);
  return text;
}

std::string package_url(const model::LockedContainerImage& image, const Manifest& manifest) {
  const std::size_t colon = image.name.rfind(':');
  const std::string repository = image.name.substr(0, colon);
  const model::Architecture* architecture = model::find_architecture(manifest.architecture);
  const std::string_view arch =
      architecture != nullptr ? architecture->container_name : manifest.architecture;
  return fmt::format("pkg:oci/{}@{}?arch={}&repository_url={}&tag={}",
                     encoded(repository.substr(repository.rfind('/') + 1)),
                     encoded(image.manifest.to_string()), encoded(arch), encoded(repository),
                     encoded(image.name.substr(colon + 1)));
}

// Versions of RPM packages stand without their epochs, which are a qualifier.
std::string package_url(const model::ContainerPackage& package,
                        const model::ContainerContents& contents) {
  std::string_view version = package.version;
  std::string epoch;
  const std::size_t colon = version.find(':');
  if (package.kind == "rpm" && colon != std::string_view::npos) {
    epoch = version.substr(0, colon);
    version.remove_prefix(colon + 1);
  }
  std::string text = fmt::format("pkg:{}/", package.kind);
  if (!contents.distribution.empty()) text += encoded(contents.distribution) + "/";
  text += fmt::format("{}@{}?arch={}", encoded(package.name), encoded(version),
                      encoded(package.architecture));
  if (!contents.distribution.empty() && !contents.distribution_version.empty())
    text += "&distro=" + encoded(contents.distribution + "-" + contents.distribution_version);
  if (!epoch.empty()) text += "&epoch=" + encoded(epoch);
  if (!package.source.empty()) text += "&upstream=" + encoded(package.source);
  return text;
}

std::string supplier_of(const model::LockedPackage& package, const Manifest& manifest) {
  return package.provenance.vendor.empty() ? manifest.bill.supplier : package.provenance.vendor;
}

base::Uuid bill_identifier(const Manifest& manifest) {
  std::string content;
  for (const model::LockedPackage& package : manifest.packages)
    content += package.checksum.to_string() + "\n";
  for (const model::LockedContainerImage& image : manifest.container_images)
    content += image.name + " " + image.manifest.to_string() + "\n";
  for (const auto& [digest, contents] : manifest.container_contents) {
    for (const model::ContainerPackage& package : contents.packages)
      content += digest.to_string() + " " + package_url(package, contents) + "\n";
  }
  for (const model::StoredPackage& stored : manifest.stored_packages)
    content += stored.path() + " " + stored.package.checksum.to_string() + "\n";
  for (const FetchedFile& file : manifest.fetched_files)
    content += file.destination + " " + file.digest.to_string() +
               (file.stripped_components ? fmt::format(" {}", *file.stripped_components) : "") +
               "\n";
  for (const ArtifactRecord& artifact : manifest.artifacts)
    content += artifact.digest.to_string() + "\n";
  return base::Uuid::from_name(content, manifest.name + manifest.architecture);
}

} // namespace imagewright::audit
