// SPDX-License-Identifier: MIT
#include <chrono>
#include <optional>

#include <fmt/format.h>

#include <imagewright/audit/manifest.hpp>
#include <imagewright/base/base64.hpp>
#include <imagewright/base/checked.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/model/filesystem_type.hpp>

namespace imagewright::audit {

namespace {

using json::Value;

/// Reads the parts of one manifest; knows the file's name for messages.
class ManifestReader {
public:
  explicit ManifestReader(const std::string& file) : file_(file) {}

  Manifest read(const Value& document) const {
    if (json::unsigned_member(document, "imagewrightManifest", file_) != 1) {
      damaged("it was written by another version of Imagewright");
    }
    Manifest manifest;
    manifest.name = text(document, "name");
    manifest.architecture = text(document, "architecture");
    manifest.release = text(document, "release");
    manifest.tool_version = text(document, "toolVersion");
    manifest.epoch = time(document, "epoch");
    if (const Value* bill = document.find("billOfMaterials")) {
      manifest.bill = {.package_url_namespace = optional_text(*bill, "packageUrlNamespace"),
                       .distribution = optional_text(*bill, "distribution"),
                       .supplier = optional_text(*bill, "supplier")};
    }
    manifest.kernel_command_line = text(document, "kernelCommandLine");
    read_list(document, "artifacts", manifest.artifacts, &ManifestReader::artifact);
    read_list(document, "kernels", manifest.kernels, &ManifestReader::kernel);
    read_list(document, "units", manifest.units, &ManifestReader::unit);
    read_list(document, "checks", manifest.checks, &ManifestReader::check);
    read_list(document, "repositories", manifest.repositories, &ManifestReader::repository);
    read_list(document, "packages", manifest.packages, &ManifestReader::package);
    if (document.find("packageKeys") != nullptr)
      read_list(document, "packageKeys", manifest.package_keys, &ManifestReader::package_key);
    if (const Value* drift = document.find("drift"))
      manifest.drift = drift_rules_from(*drift, file_);
    if (document.find("containerImages") != nullptr) {
      read_list(document, "containerImages", manifest.container_images,
                &ManifestReader::container_image);
      read_contents(document, manifest);
    }
    if (document.find("platforms") != nullptr)
      read_list(document, "platforms", manifest.platforms, &ManifestReader::word);
    if (document.find("fetchedFiles") != nullptr)
      read_list(document, "fetchedFiles", manifest.fetched_files, &ManifestReader::fetched_file);
    if (document.find("storedPackages") != nullptr) {
      read_list(document, "storedPackages", manifest.stored_packages,
                &ManifestReader::stored_package);
    }
    if (document.find("scriptFiles") != nullptr)
      read_list(document, "scriptFiles", manifest.script_files, &ManifestReader::script_file);
    if (const Value* measured = document.find("measurements"))
      manifest.measured_boot = measured_boot_from(*measured, file_);
    const Value& disk = json::member(document, "disk", file_);
    manifest.layout.uuid = uuid(disk, "uuid");
    manifest.layout.size = size(disk, "size");
    read_list(disk, "partitions", manifest.layout.partitions, &ManifestReader::partition);
    read_files(document, manifest);
    return manifest;
  }

private:
  [[noreturn]] void damaged(const std::string& why) const {
    throw base::Error(base::FailureKind::input, "audit.manifest-damaged",
                      fmt::format("{} cannot be used: {}", base::quoted(file_), why),
                      "use the manifest that was written together with the image");
  }

  template <typename Item>
  void read_list(const Value& object, std::string_view name, std::vector<Item>& items,
                 Item (ManifestReader::*read_item)(const Value&) const) const {
    for (const Value& value : json::array_member(object, name, file_)) {
      items.push_back((this->*read_item)(value));
    }
  }

  void read_files(const Value& document, Manifest& manifest) const {
    const json::Object* files = json::member(document, "files", file_).find_object();
    if (files == nullptr) damaged("\"files\" is not an object");
    for (const auto& [path, description] : *files) {
      const std::string* line = description.find_string();
      if (line == nullptr) damaged("an entry of \"files\" is not a text");
      manifest.files.emplace(path, *line);
    }
  }

  std::string text(const Value& object, std::string_view name) const {
    return json::string_member(object, name, file_);
  }

  /// Manifests of earlier versions lack it.
  std::string optional_text(const Value& object, std::string_view name) const {
    return object.find(name) != nullptr ? text(object, name) : std::string();
  }

  base::ByteSize size(const Value& object, std::string_view name) const {
    return base::ByteSize(json::unsigned_member(object, name, file_));
  }

  base::Epoch time(const Value& object, std::string_view name) const {
    return base::Epoch(std::chrono::seconds(json::integer_member(object, name, file_)));
  }

  base::Uuid uuid(const Value& object, std::string_view name) const {
    const auto parsed = base::Uuid::parse(text(object, name));
    if (!parsed) damaged(fmt::format("{} is not a UUID", base::quoted(name)));
    return *parsed;
  }

  base::Digest digest(const Value& object, std::string_view name) const {
    const auto parsed = base::Digest::parse(text(object, name));
    if (!parsed) damaged(fmt::format("{} is not a digest", base::quoted(name)));
    return *parsed;
  }

  ArtifactRecord artifact(const Value& value) const {
    const auto format = model::find_image_format(text(value, "format"));
    if (!format) damaged("an artifact has an unknown format");
    return {text(value, "file"), *format, size(value, "virtualSize"), size(value, "fileSize"),
            digest(value, "digest")};
  }

  model::InstalledKernel kernel(const Value& value) const {
    return {text(value, "release"), text(value, "image"), text(value, "initramfs")};
  }

  model::UnitChange unit(const Value& value) const {
    const std::string state = text(value, "state");
    model::UnitChange change{.unit = text(value, "unit"), .origin = text(value, "origin")};
    if (state == "disabled") change.state = model::UnitState::disabled;
    if (state == "masked") change.state = model::UnitState::masked;
    return change;
  }

  model::Check check(const Value& value) const {
    const auto kind = model::find_check_kind(text(value, "kind"));
    if (!kind) damaged("a check is of an unknown kind");
    return {text(value, "name"), *kind, text(value, "subject"), text(value, "expected")};
  }

  model::LockedRepository repository(const Value& value) const {
    model::LockedRepository repository{.name = text(value, "name"),
                                       .address = text(value, "address"),
                                       .metadata = digest(value, "metadata")};
    for (const Value& key : json::array_member(value, "keys", file_)) {
      if (key.find_string() == nullptr) damaged("a key is not a text");
      repository.key_fingerprints.push_back(*key.find_string());
    }
    return repository;
  }

  base::Digest checksum_of(const Value& value) const {
    const Value* checksum = value.find("checksum");
    const bool is_unknown = checksum != nullptr && checksum->is_null();
    return is_unknown ? base::Digest{} : digest(value, "checksum");
  }

  model::LockedContainerImage container_image(const Value& value) const {
    const bool is_pinned = json::bool_member(value, "pinned", file_);
    model::LockedContainerImage image{.name = text(value, "name"),
                                      .name_space = text(value, "namespace"),
                                      .pinning = is_pinned ? model::Pinning::pinned
                                                           : model::Pinning::unpinned,
                                      .index = std::nullopt,
                                      .manifest = digest(value, "manifest"),
                                      .config = digest(value, "config"),
                                      .layers = {}};
    if (value.find("index") != nullptr) image.index = digest(value, "index");
    for (const Value& item : json::array_member(value, "layers", file_)) {
      const std::string* text = item.find_string();
      const auto layer = text != nullptr ? base::Digest::parse(*text) : std::nullopt;
      if (!layer) damaged("a container image has a layer without a digest");
      image.layers.push_back(*layer);
    }
    return image;
  }

  model::ContainerPackage container_package(const Value& value) const {
    return {.kind = text(value, "kind"),
            .name = text(value, "name"),
            .version = text(value, "version"),
            .architecture = text(value, "architecture"),
            .source = text(value, "source")};
  }

  void read_contents(const Value& document, Manifest& manifest) const {
    for (const Value& value : json::array_member(document, "containerImages", file_)) {
      const Value* contents = value.find("contents");
      if (contents == nullptr) continue;
      model::ContainerContents& read = manifest.container_contents[digest(value, "manifest")];
      read = {.distribution = text(*contents, "distribution"),
              .distribution_version = text(*contents, "version"),
              .packages = {},
              .unknown = optional_text(*contents, "unknown")};
      read_list(*contents, "packages", read.packages, &ManifestReader::container_package);
    }
  }

  std::string word(const Value& value) const {
    const std::string* word = value.find_string();
    if (word == nullptr) damaged("an entry of a list of words is no text");
    return *word;
  }

  model::StoredPackage stored_package(const Value& value) const {
    return {.package = package(value), .directory = text(value, "directory")};
  }

  ScriptFileRecord script_file(const Value& value) const {
    return {.file = text(value, "file"),
            .size = size(value, "size"),
            .digest = digest(value, "digest")};
  }

  FetchedFile fetched_file(const Value& value) const {
    FetchedFile file{.destination = text(value, "destination"),
                     .url = text(value, "url"),
                     .digest = digest(value, "digest")};
    if (value.find("unpacked") == nullptr) return file;
    file.stripped_components =
        base::checked_cast<std::uint32_t>(json::unsigned_member(value, "stripComponents", file_));
    if (!file.stripped_components) damaged("an archive has an impossible number of directories");
    return file;
  }

  model::LockedPackage package(const Value& value) const {
    const auto epoch =
        base::checked_cast<std::uint32_t>(json::unsigned_member(value, "epoch", file_));
    if (!epoch) damaged("a package has an impossible epoch");
    return {.nevra = {text(value, "name"), *epoch, text(value, "version"), text(value, "release"),
                      text(value, "architecture")},
            .repository = text(value, "repository"),
            .location = text(value, "location"),
            .checksum = checksum_of(value),
            .download_size = size(value, "downloadSize"),
            .installed_size = size(value, "installedSize"),
            .build_time = time(value, "buildTime"),
            .provenance = {.source_package = optional_text(value, "source"),
                           .license = optional_text(value, "license"),
                           .vendor = optional_text(value, "vendor")}};
  }

  PackageKey package_key(const Value& value) const {
    auto packets = base::from_base64(text(value, "key"));
    if (!packets) damaged("a key of packages is no base64");
    return {text(value, "repository"), *std::move(packets)};
  }

  model::Partition partition(const Value& value) const {
    model::Partition partition{.id = text(value, "id"),
                               .label = text(value, "label"),
                               .type = uuid(value, "type"),
                               .uuid = uuid(value, "uuid"),
                               .start = size(value, "start"),
                               .size = size(value, "size")};
    if (const Value* filesystem = value.find("filesystem")) {
      partition.filesystem = read_filesystem(*filesystem);
    }
    return partition;
  }

  model::Filesystem read_filesystem(const Value& value) const {
    const std::string type = text(value, "type");
    const auto known = model::find_mount_type(type);
    if (!known) damaged(fmt::format("{} is not a filesystem", base::quoted(type)));
    return {.type = *known,
            .uuid = uuid(value, "uuid"),
            .label = text(value, "label"),
            .mount_point = text(value, "mountPoint"),
            .mount_options = text(value, "mountOptions"),
            .verity_name = value.find("verity") != nullptr ? text(value, "verity") : ""};
  }

  const std::string& file_;
};

} // namespace

Manifest parse_manifest(std::string_view text, const std::string& file) {
  constexpr auto k_hint = "give NAME-ARCH.manifest.json, which is written beside an image";
  try {
    const Value document = json::parse(text, file);
    if (document.find("imagewrightManifest") != nullptr) return ManifestReader(file).read(document);
  } catch (base::Error& error) {
    if (error.diagnostic().code != "json.syntax") throw;
    base::Diagnostic diagnostic = error.diagnostic();
    diagnostic.hint = k_hint;
    throw base::Error(error.kind(), std::move(diagnostic));
  }
  throw base::Error(base::FailureKind::input, "audit.manifest-damaged",
                    fmt::format("{} is no manifest of an image", base::quoted(file)), k_hint);
}

} // namespace imagewright::audit
