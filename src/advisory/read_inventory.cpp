// SPDX-License-Identifier: MIT
#include <algorithm>
#include <span>

#include <fmt/format.h>

#include <imagewright/advisory/read_inventory.hpp>
#include <imagewright/audit/manifest.hpp>
#include <imagewright/audit/text_file.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/input.hpp>
#include <imagewright/inspect/confined.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/lock/base_lock.hpp>

namespace imagewright::advisory {

namespace {

/// What lies in an image as a file is installed some day: it counts like what is installed.
Inventory inventory_of(const std::vector<model::LockedPackage>& packages,
                       const std::vector<model::StoredPackage>& stored, std::string file) {
  Inventory inventory{.file = std::move(file), .packages = {}};
  const auto add = [&](const model::LockedPackage& package) {
    inventory.packages.push_back(
        installed_package(package.nevra, package.provenance.source_package));
  };
  std::ranges::for_each(packages, add);
  std::ranges::for_each(stored, add, &model::StoredPackage::package);
  std::ranges::stable_sort(inventory.packages, {}, &InstalledPackage::name);
  return inventory;
}

/// What comes, and what stays of the base where there is one.
Inventory of_lock(const lock::LockWithBases& with_bases, const std::string& file,
                  const std::string& architecture) {
  const model::Lock& lock = with_bases.lock;
  const bool is_chosen = !architecture.empty() || lock.architectures.size() != 1;
  const model::ArchitectureLock* entry =
      is_chosen ? lock.find(architecture) : &lock.architectures.front();
  if (entry == nullptr) {
    std::vector<std::string> names;
    for (const model::ArchitectureLock& each : lock.architectures)
      names.push_back(each.architecture);
    throw base::Error(base::FailureKind::input, "advisory.no-architecture",
                      fmt::format("the lock {} has packages for: {}", base::quoted(file),
                                  base::join(names, ", ")),
                      "choose one with --arch");
  }
  Inventory inventory = inventory_of(entry->packages, entry->stored, file);
  inventory.container_images = entry->container_images.size();
  const auto base = with_bases.bases.find(entry->architecture);
  if (base == with_bases.bases.end()) return inventory;
  for (const model::Nevra& nevra : lock::kept_packages(base->second))
    inventory.packages.push_back(installed_package(nevra, {}));
  std::ranges::stable_sort(inventory.packages, {}, &InstalledPackage::name);
  return inventory;
}

Inventory of_image(const std::filesystem::path& path, const base::Cancellation& cancellation) {
  const inspect::SystemFacts facts =
      inspect::read_system_confined(path, std::nullopt, cancellation);
  if (!facts.packages || facts.packages->empty()) {
    throw base::Error(base::FailureKind::input, "advisory.no-packages",
                      fmt::format("no packages are found in {}", base::quoted(path.string())),
                      "give the manifest that was written with the image");
  }
  Inventory inventory{.file = path.string(), .packages = {}};
  for (const model::Nevra& nevra : *facts.packages) {
    const auto source = facts.source_packages.find(nevra.to_string());
    inventory.packages.push_back(installed_package(
        nevra, source == facts.source_packages.end() ? std::string_view() : source->second));
  }
  return inventory;
}

std::string names_of_images(const audit::Manifest& manifest) {
  std::vector<std::string> names;
  for (const model::LockedContainerImage& image : manifest.container_images)
    names.push_back(image.name);
  return names.empty() ? "it has none at all" : "it has: " + base::join(names, ", ");
}

/// Feeds of vendors whose packages are RPM packages say nothing of others, and nothing is no
/// verdict.
Inventory of_container_image(const audit::Manifest& manifest, const std::string& name,
                             const std::string& file) {
  const auto image =
      std::ranges::find(manifest.container_images, name, &model::LockedContainerImage::name);
  if (image == manifest.container_images.end()) {
    throw base::Error(base::FailureKind::input, "advisory.no-container-image",
                      fmt::format("the manifest {} has no container image {}", base::quoted(file),
                                  base::quoted(name)),
                      names_of_images(manifest));
  }
  const auto found = manifest.container_contents.find(image->manifest);
  const auto refuse = [&](const std::string& why) {
    throw base::Error(base::FailureKind::input, "advisory.no-packages",
                      fmt::format("the packages of the container image {} are not known: {}",
                                  base::quoted(name), why),
                      "scan the image with a tool for its distribution");
  };
  if (found == manifest.container_contents.end())
    refuse("the manifest is one of an earlier version");
  const model::ContainerContents& contents = found->second;
  if (!contents.unknown.empty()) refuse(contents.unknown);
  Inventory inventory{.file = file, .packages = {}, .container_image = name};
  for (const model::ContainerPackage& package : contents.packages) {
    const auto nevra =
        model::Nevra::parse(package.name + "-" + package.version + "." + package.architecture);
    if (package.kind != "rpm" || !nevra)
      refuse(fmt::format("{} is no RPM package", base::quoted(package.name)));
    inventory.packages.push_back(installed_package(*nevra, package.source));
  }
  std::ranges::stable_sort(inventory.packages, {}, &InstalledPackage::name);
  return inventory;
}

Inventory of_manifest(const audit::Manifest& manifest, const InventoryChoice& choice,
                      const std::string& file) {
  if (!choice.container_image.empty())
    return of_container_image(manifest, choice.container_image, file);
  Inventory inventory = inventory_of(manifest.packages, manifest.stored_packages, file);
  inventory.container_images = manifest.container_images.size();
  return inventory;
}

bool is_text(const std::filesystem::path& path) {
  const fs::UniqueFd file = fs::open_for_reading(path);
  const auto size =
      std::min<std::uintmax_t>(std::filesystem::file_size(path), audit::k_text_beginning);
  std::string text(size, '\0');
  fs::read_exactly(file.get(), std::as_writable_bytes(std::span(text)), 0, path.string());
  return audit::begins_like_text(text);
}

} // namespace

Inventory read_inventory(const std::filesystem::path& path, const InventoryChoice& choice,
                         const base::Cancellation& cancellation) {
  const std::string file = path.string();
  std::error_code unreachable;
  if (!std::filesystem::is_regular_file(path, unreachable)) {
    throw base::Error(base::FailureKind::input, "advisory.no-packages",
                      fmt::format("{} is not a file", base::quoted(file)),
                      "give an image, a manifest, a lock or a list of packages");
  }
  const auto refuse_container_image = [&] {
    if (choice.container_image.empty()) return;
    throw base::Error(base::FailureKind::input, "advisory.no-container-image",
                      fmt::format("{} is no manifest", base::quoted(file)),
                      "what is in container images stands in the manifest beside an image");
  };
  if (!is_text(path)) {
    refuse_container_image();
    return of_image(path, cancellation);
  }
  const std::string text = fs::read_input(path, "packages", audit::k_largest_manifest);
  const bool is_json = audit::begins_like_json(text);
  if (is_json && json::parse(text, file).find("imagewrightManifest") != nullptr)
    return of_manifest(audit::parse_manifest(text, file), choice, file);
  refuse_container_image();
  if (!is_json) return read_package_list(text, file);
  return of_lock(lock::parse_with_bases(text, file), file, choice.architecture);
}

} // namespace imagewright::advisory
