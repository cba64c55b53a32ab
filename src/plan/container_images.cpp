// SPDX-License-Identifier: MIT
#include "container_images.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <utility>

#include <imagewright/base/error.hpp>
#include <imagewright/base/paths.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/container/image.hpp>
#include <imagewright/container/node_checks.hpp>
#include <imagewright/fs/file.hpp>

namespace imagewright::plan {

namespace {

/// The files that the config gives; those of packages are not known yet, and are looked at when
/// they are there.
class GivenFiles {
public:
  explicit GivenFiles(const model::OsConfig& os) : os_(os) {}

  /// Of several that a config and its roles have for one place, the last is written last.
  std::optional<std::string> find_content(const std::string& path) const {
    const auto& files = os_.additional_files;
    const auto file = std::find_if(files.rbegin(), files.rend(), [&](const auto& each) {
      return each.destination == path && !each.remote && !each.unpacking;
    });
    if (file != files.rend()) return text_of(file->content);
    const auto& directories = os_.additional_directories;
    for (auto directory = directories.rbegin(); directory != directories.rend(); ++directory) {
      if (!base::is_below(path, directory->destination)) continue;
      const std::filesystem::path host = directory->source / below(path, *directory);
      if (std::filesystem::is_regular_file(host)) return fs::read_file(host);
    }
    return std::nullopt;
  }

  std::vector<std::string> list(const std::string& path) const {
    std::set<std::string> names;
    for (const model::AdditionalFile& file : os_.additional_files) {
      if (file.unpacking) continue;
      const std::filesystem::path destination = file.destination;
      if (destination.parent_path() == path) names.insert(destination.filename().string());
    }
    for (const model::AdditionalDirectory& directory : os_.additional_directories) {
      if (!base::is_at_or_below(path, directory.destination)) continue;
      std::error_code error;
      for (const auto& entry :
           std::filesystem::directory_iterator(directory.source / below(path, directory), error))
        names.insert(entry.path().filename().string());
    }
    return {names.begin(), names.end()};
  }

private:
  static std::filesystem::path below(const std::string& path,
                                     const model::AdditionalDirectory& directory) {
    return std::filesystem::path(path).lexically_relative(directory.destination);
  }

  static std::string text_of(const model::FileContent& content) {
    if (const auto* text = std::get_if<std::string>(&content)) return *text;
    return fs::read_file(std::get<std::filesystem::path>(content));
  }

  const model::OsConfig& os_;
};

/// Imports go where the store is when the node runs.
container::StoreUse store_use_of(const std::vector<model::ContainerImageConfig>& images) {
  const bool is_written = std::ranges::any_of(
      images, [](const auto& image) { return image.delivery == model::ContainerDelivery::store; });
  return is_written ? container::StoreUse::written : container::StoreUse::taken_over;
}

/// Of what is not on this host, only the name can be missing.
void require_name(const model::ContainerImageConfig& wanted, base::Diagnostics& mistakes) {
  if (wanted.name || !container::name_in_reference(wanted.selection).empty()) return;
  mistakes.error("container.no-name",
                 base::quoted(wanted.selection) + " does not say what its image is called in full",
                 wanted.where,
                 "write a tag before the digest, or add \"name:\" with host and tag, such as "
                 "registry.k8s.io/pause:3.9");
}

std::vector<model::LockedContainerImage>
open_all(const model::ImageConfig& config, const KnownImages& known, base::Diagnostics& mistakes) {
  const base::Cancellation cancellation;
  const container::OpenOptions options{.architecture = known.architecture,
                                       .temporary_directory =
                                           std::filesystem::temp_directory_path(),
                                       .cancellation = cancellation};
  std::vector<model::LockedContainerImage> images;
  for (const model::ContainerImageConfig& wanted : config.os.container_images) {
    if (wanted.source == model::ContainerSource::registry) {
      require_name(wanted, mistakes);
      if (const auto* found = find_known(wanted, known.lock)) images.push_back(*found);
      continue;
    }
    try {
      images.push_back(container::open_image(wanted, options).identity);
    } catch (const base::Error& error) {
      if (error.kind() != base::FailureKind::input) throw;
      mistakes.add(error.diagnostic());
    }
  }
  std::ranges::sort(images);
  return images;
}

} // namespace

const model::LockedContainerImage* find_known(const model::ContainerImageConfig& wanted,
                                              const model::ArchitectureLock* lock) {
  if (lock == nullptr) return nullptr;
  const std::string name =
      wanted.name ? wanted.name->text : container::name_in_reference(wanted.selection);
  const std::string digest = wanted.selection.substr(wanted.selection.find('@') + 1);
  const auto found = std::ranges::find_if(lock->container_images, [&](const auto& image) {
    return image.name == name && image.name_space == wanted.name_space &&
           image.pinning == wanted.pinning &&
           (image.index ? *image.index : image.manifest).to_string() == digest;
  });
  return found == lock->container_images.end() ? nullptr : &*found;
}

std::vector<model::LockedContainerImage> examine_container_images(const model::ImageConfig& config,
                                                                  const KnownImages& known,
                                                                  const model::DiskLayout& layout,
                                                                  const model::SystemPolicy& policy,
                                                                  base::Diagnostics& mistakes) {
  if (config.os.container_images.empty()) return {};
  std::vector<model::LockedContainerImage> images = open_all(config, known, mistakes);
  // What is not there has been told; whether the rest is all that the node needs cannot be.
  if (images.size() == config.os.container_images.size())
    mistakes.append(check_images_of_node(config, images, layout, policy));
  return images;
}

base::Diagnostics check_images_of_node(const model::ImageConfig& config,
                                       const std::vector<model::LockedContainerImage>& images,
                                       const model::DiskLayout& layout,
                                       const model::SystemPolicy& policy) {
  container::NodeFacts facts{.images = images,
                             .overlays = config.os.overlays,
                             .own_mount_points = {},
                             .kernel_arguments = {},
                             .where = config.os.container_images.front().where,
                             .store = store_use_of(config.os.container_images)};
  for (const model::Partition& partition : layout.partitions) {
    if (partition.filesystem) facts.own_mount_points.push_back(partition.filesystem->mount_point);
  }
  for (const auto& argument : policy.kernel_arguments)
    facts.kernel_arguments.push_back(argument.text);
  const GivenFiles files(config.os);
  return container::check_node(
      facts, {.find_content = [&](const std::string& path) { return files.find_content(path); },
              .list = [&](const std::string& path) { return files.list(path); }});
}

} // namespace imagewright::plan
