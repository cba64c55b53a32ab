// SPDX-License-Identifier: MIT
#include <imagewright/audit/manifest.hpp>
#include <imagewright/base/base64.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::audit {

namespace {

using json::Array;
using json::Object;
using json::Value;

template <typename Items, typename Function>
Value array_of(const Items& items, Function make) {
  Array array;
  for (const auto& item : items)
    array.push_back(make(item));
  return array;
}

Value strings(const std::vector<std::string>& texts) {
  return array_of(texts, [](const std::string& text) { return Value(text); });
}

Value repository(const model::LockedRepository& repository) {
  return Object{{"name", repository.name},
                {"address", repository.address},
                {"metadata", repository.metadata.to_string()},
                {"keys", strings(repository.key_fingerprints)}};
}

/// Of a package that an image had already only its name is known.
Value checksum_of(const model::LockedPackage& package) {
  return package.checksum.hex.empty() ? Value() : Value(package.checksum.to_string());
}

Value package(const model::LockedPackage& package) {
  return Object{{"name", package.nevra.name},
                {"epoch", package.nevra.epoch},
                {"version", package.nevra.version},
                {"release", package.nevra.release},
                {"architecture", package.nevra.architecture},
                {"repository", package.repository},
                {"location", package.location},
                {"checksum", checksum_of(package)},
                {"downloadSize", package.download_size.bytes()},
                {"installedSize", package.installed_size.bytes()},
                {"buildTime", package.build_time.time_since_epoch().count()},
                {"source", package.provenance.source_package},
                {"license", package.provenance.license},
                {"vendor", package.provenance.vendor}};
}

Value stored_package(const model::StoredPackage& stored) {
  const Value locked = package(stored.package);
  Object object = *locked.find_object();
  object.emplace_back("directory", stored.directory);
  return object;
}

Value container_package(const model::ContainerPackage& package) {
  return Object{{"kind", package.kind},
                {"name", package.name},
                {"version", package.version},
                {"architecture", package.architecture},
                {"source", package.source}};
}

Value container_contents(const model::ContainerContents& contents) {
  Object object{{"distribution", contents.distribution},
                {"version", contents.distribution_version},
                {"packages", array_of(contents.packages, container_package)}};
  if (!contents.unknown.empty()) object.emplace_back("unknown", contents.unknown);
  return object;
}

Value container_image(const model::LockedContainerImage& image, const Manifest& manifest) {
  Object object{{"name", image.name},
                {"namespace", image.name_space},
                {"pinned", image.pinning == model::Pinning::pinned}};
  if (image.index) object.emplace_back("index", image.index->to_string());
  object.emplace_back("manifest", image.manifest.to_string());
  object.emplace_back("config", image.config.to_string());
  object.emplace_back("layers", array_of(image.layers, [](const base::Digest& layer) {
                        return Value(layer.to_string());
                      }));
  const auto contents = manifest.container_contents.find(image.manifest);
  if (contents != manifest.container_contents.end())
    object.emplace_back("contents", container_contents(contents->second));
  return object;
}

Value fetched_file(const FetchedFile& file) {
  Object object{
      {"destination", file.destination}, {"url", file.url}, {"digest", file.digest.to_string()}};
  if (file.stripped_components) {
    object.emplace_back("unpacked", true);
    object.emplace_back("stripComponents", std::uint64_t{*file.stripped_components});
  }
  return object;
}

Value script_file(const ScriptFileRecord& file) {
  return Object{
      {"file", file.file}, {"size", file.size.bytes()}, {"digest", file.digest.to_string()}};
}

Value filesystem(const model::Filesystem& filesystem) {
  Object object{{"type", model::mount_type_of(filesystem.type)},
                {"uuid", filesystem.uuid.to_string()},
                {"label", filesystem.label},
                {"mountPoint", filesystem.mount_point},
                {"mountOptions", filesystem.mount_options}};
  if (!filesystem.verity_name.empty()) object.emplace_back("verity", filesystem.verity_name);
  return object;
}

Value partition(const model::Partition& partition) {
  Object object{{"id", partition.id},
                {"label", partition.label},
                {"type", partition.type.to_string()},
                {"uuid", partition.uuid.to_string()},
                {"start", partition.start.bytes()},
                {"size", partition.size.bytes()}};
  if (partition.filesystem) object.emplace_back("filesystem", filesystem(*partition.filesystem));
  return object;
}

Value kernel(const model::InstalledKernel& kernel) {
  return Object{
      {"release", kernel.release}, {"image", kernel.image}, {"initramfs", kernel.initramfs}};
}

Value check(const model::Check& check) {
  return Object{{"name", check.name},
                {"kind", model::to_string(check.kind)},
                {"subject", check.subject},
                {"expected", check.expected}};
}

Value artifact(const ArtifactRecord& artifact) {
  return Object{{"file", artifact.file},
                {"format", model::to_string(artifact.format)},
                {"virtualSize", artifact.virtual_size.bytes()},
                {"fileSize", artifact.file_size.bytes()},
                {"digest", artifact.digest.to_string()}};
}

Value package_key(const PackageKey& key) {
  return Object{{"repository", key.repository}, {"key", base::to_base64(key.packets)}};
}

Value unit(const model::UnitChange& unit) {
  return Object{
      {"unit", unit.unit}, {"state", model::to_string(unit.state)}, {"origin", unit.origin}};
}

} // namespace

std::string to_text(const Manifest& manifest) {
  Object files;
  for (const auto& [path, description] : manifest.files)
    files.emplace_back(path, description);
  Object document{
      {"imagewrightManifest", 1},
      {"name", manifest.name},
      {"architecture", manifest.architecture},
      {"release", manifest.release},
      {"toolVersion", manifest.tool_version},
      {"billOfMaterials", Object{{"packageUrlNamespace", manifest.bill.package_url_namespace},
                                 {"distribution", manifest.bill.distribution},
                                 {"supplier", manifest.bill.supplier}}},
      {"epoch", manifest.epoch.time_since_epoch().count()},
      {"artifacts", array_of(manifest.artifacts, artifact)},
      {"disk", Object{{"uuid", manifest.layout.uuid.to_string()},
                      {"size", manifest.layout.size.bytes()},
                      {"partitions", array_of(manifest.layout.partitions, partition)}}},
      {"kernels", array_of(manifest.kernels, kernel)},
      {"kernelCommandLine", manifest.kernel_command_line},
      {"units", array_of(manifest.units, unit)},
      {"checks", array_of(manifest.checks, check)},
      {"repositories", array_of(manifest.repositories, repository)},
      {"packages", array_of(manifest.packages, package)},
      {"packageKeys", array_of(manifest.package_keys, package_key)},
      {"drift", to_json(manifest.drift)}};
  if (!manifest.container_images.empty())
    document.emplace_back(
        "containerImages",
        array_of(manifest.container_images, [&](const model::LockedContainerImage& image) {
          return container_image(image, manifest);
        }));
  if (!manifest.platforms.empty()) document.emplace_back("platforms", strings(manifest.platforms));
  if (!manifest.fetched_files.empty())
    document.emplace_back("fetchedFiles", array_of(manifest.fetched_files, fetched_file));
  if (!manifest.stored_packages.empty())
    document.emplace_back("storedPackages", array_of(manifest.stored_packages, stored_package));
  if (!manifest.script_files.empty())
    document.emplace_back("scriptFiles", array_of(manifest.script_files, script_file));
  if (manifest.measured_boot)
    document.emplace_back("measurements", to_json(*manifest.measured_boot));
  document.emplace_back("files", std::move(files));
  return json::to_text(document);
}

} // namespace imagewright::audit
