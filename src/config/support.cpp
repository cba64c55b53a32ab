// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/config/support.hpp>
#include <imagewright/model/image_format.hpp>

namespace imagewright::config {

namespace {

using Place = std::optional<base::SourceLocation>;
using model::FilesystemType;
using model::ImageConfig;

template <typename Item>
Place first_of(const std::vector<Item>& items) {
  return items.empty() ? Place() : Place(items.front().where);
}

template <typename Value>
Place place_of(const std::optional<Value>& value) {
  return value ? Place(value->where) : Place();
}

Place find_filesystem(const ImageConfig& config, FilesystemType type) {
  for (const model::FilesystemConfig& filesystem : config.storage.filesystems) {
    if (filesystem.type && filesystem.type->value == type) return filesystem.type->where;
  }
  return std::nullopt;
}

Place find_input(const ImageConfig& config) {
  if (config.input.image) return config.input.image->where;
  if (config.input.oci) return config.input.oci->where;
  return place_of(config.input.azure_linux);
}

Place find_medium_format(const ImageConfig& config) {
  for (const model::OutputImage& image : config.output.images) {
    if (!model::image_format_of(image.format)) return image.where;
  }
  return std::nullopt;
}

bool is_archive(const model::OutputImage& image) {
  const auto format = model::image_format_of(image.format);
  return format && model::row_of(*format).kind == model::ImageKind::archive;
}

/// Which archives compress with what is said by a rule of its own.
Place find_compression(const ImageConfig& config) {
  for (const model::OutputImage& image : config.output.images) {
    const model::CompressionAlgorithm algorithm = model::compression_of(image);
    if (algorithm == model::CompressionAlgorithm::none || is_archive(image)) continue;
    const auto format = model::image_format_of(image.format);
    if (!format || !model::row_of(*format).compressions.has(algorithm)) return image.where;
  }
  return std::nullopt;
}

Place find_existing_verity(const ImageConfig& config) {
  for (const model::VerityConfig& verity : config.storage.verity) {
    if (verity.data_device || verity.hash_device) return verity.where;
  }
  return std::nullopt;
}

Place find_kept_uki(const ImageConfig& config) {
  const auto& mode = config.os.uki_mode;
  return mode && mode->value == model::UkiMode::modify ? Place(mode->where) : Place();
}

/// Of keys that describe a new disk, where none is described.
Place without_disk(const ImageConfig& config, const Place& place) {
  return config.storage.disk ? Place() : place;
}

Place find_lone_boot_type(const ImageConfig& config) {
  return without_disk(config, place_of(config.storage.boot_type));
}

Place find_lone_filesystem(const ImageConfig& config) {
  return without_disk(config, first_of(config.storage.filesystems));
}

Place find_lone_verity(const ImageConfig& config) {
  for (const model::VerityConfig& verity : config.storage.verity) {
    if (verity.data_device_id) return without_disk(config, verity.where);
  }
  return std::nullopt;
}

Place find_lone_fitting(const ImageConfig& config) {
  const bool is_given = config.storage.fits_content || config.storage.free_space.bytes() != 0;
  return without_disk(config, is_given ? Place(config.storage.where) : Place());
}

Place find_lone_boot_loader(const ImageConfig& config) {
  const auto& mode = config.os.uki_mode;
  const bool is_anew = config.storage.disk || config.os.bootloader_reset ||
                       (mode && mode->value == model::UkiMode::create);
  return is_anew ? Place() : place_of(config.os.boot_loader);
}

/// The first script that would have none; without scripts nobody misses it.
Place find_script_network(const ImageConfig& config) {
  const auto& [post_customization, finalize_customization, network] = config.scripts;
  if (network == model::ScriptNetwork::none) return std::nullopt;
  const Place first = first_of(post_customization);
  return first ? first : first_of(finalize_customization);
}

Place find_platform(const ImageConfig& config) {
  for (const model::OutputImage& image : config.output.images) {
    if (image.platform) return image.platform->where;
  }
  return std::nullopt;
}

using Reason = UnsupportedReason;

struct Row {
  std::string_view key;
  Place (*find)(const ImageConfig& config);
  std::optional<Reason> build;
  std::optional<Reason> customize;
  /// {formats} stands for the words of all image formats; empty: the reason has one.
  std::string_view hint = {};
};

constexpr auto k_yes = std::nullopt;

const std::array k_rows = {
    Row{"input", find_input, Reason::needs_base_image, k_yes},
    Row{"storage.bootType: without storage.disks", find_lone_boot_type, k_yes,
        Reason::not_built_yet, "describe a new disk with storage.disks, or remove it"},
    Row{"storage.filesystems: without storage.disks", find_lone_filesystem, k_yes,
        Reason::not_built_yet, "describe a new disk with storage.disks, or remove it"},
    Row{"storage.autoSize: without storage.disks", find_lone_fitting, k_yes, Reason::not_built_yet,
        "describe a new disk with storage.disks, or remove it"},
    Row{"storage.resetPartitionsUuidsType",
        [](const ImageConfig& config) { return config.storage.reset_partition_uuids; },
        Reason::needs_base_image, k_yes},
    Row{"storage.grow",
        [](const ImageConfig& config) {
          const auto& grow = config.storage.grow;
          return grow.empty() ? Place() : Place(grow.front().label.where);
        },
        Reason::needs_base_image, k_yes},
    Row{"storage.reinitializeVerity",
        [](const ImageConfig& config) { return place_of(config.storage.reinitialize_verity); },
        Reason::needs_base_image, k_yes},
    Row{"storage.verity[].dataDevice", find_existing_verity, Reason::needs_base_image, k_yes},
    Row{"storage.verity: without storage.disks", find_lone_verity, k_yes, Reason::not_built_yet,
        "describe a new disk with storage.disks, or remove it"},
    Row{"storage.filesystems[].type: btrfs",
        [](const ImageConfig& config) { return find_filesystem(config, FilesystemType::btrfs); },
        Reason::not_built_yet, Reason::not_built_yet, "use ext4"},
    Row{"storage.filesystems[].type: xfs",
        [](const ImageConfig& config) { return find_filesystem(config, FilesystemType::xfs); },
        Reason::not_built_yet, Reason::not_built_yet, "use ext4"},
    Row{"os.uki.mode: modify", find_kept_uki, Reason::needs_base_image, k_yes},
    Row{"os.kernel.package",
        [](const ImageConfig& config) { return place_of(config.os.kernel.package); }, k_yes,
        Reason::not_built_yet},
    Row{"os.kernel.series",
        [](const ImageConfig& config) { return place_of(config.os.kernel.series); }, k_yes,
        Reason::not_built_yet},
    Row{"os.machineId.mode",
        [](const ImageConfig& config) { return place_of(config.os.machine_id); }, k_yes,
        Reason::not_built_yet},
    Row{"os.containerImages",
        [](const ImageConfig& config) { return first_of(config.os.container_images); }, k_yes,
        Reason::not_built_yet},
    Row{"os.network", [](const ImageConfig& config) { return place_of(config.os.network); }, k_yes,
        Reason::not_built_yet, "give the files of the network with os.additionalFiles"},
    Row{"os.bootloader.type: without a reset", find_lone_boot_loader, k_yes, Reason::not_built_yet,
        "add os.bootloader.resetType: hard-reset, or remove it"},
    Row{"os.packages.stored",
        [](const ImageConfig& config) {
          const auto& stored = config.os.packages.stored;
          return stored.empty() ? Place() : Place(stored.front().directory.where);
        },
        k_yes, Reason::not_built_yet, "put the packages there with os.additionalFiles"},
    Row{"os.packages.roles",
        [](const ImageConfig& config) { return first_of(config.os.packages.roles); }, k_yes,
        Reason::not_built_yet, "list the packages themselves in os.packages.install"},
    Row{"os.packages.removePackageManager",
        [](const ImageConfig& config) { return config.os.packages.remove_package_manager; },
        Reason::not_built_yet, k_yes},
    Row{"iso", [](const ImageConfig& config) { return place_of(config.iso); },
        Reason::not_built_yet, Reason::not_built_yet},
    Row{"pxe", [](const ImageConfig& config) { return place_of(config.pxe); },
        Reason::not_built_yet, Reason::not_built_yet},
    Row{"scripts.network", find_script_network, Reason::not_built_yet, Reason::not_built_yet,
        "have the files fetched with os.additionalFiles[].url, and packages installed with "
        "os.packages"},
    Row{"output.image.format: iso, pxe and baremetal-image", find_medium_format,
        Reason::not_built_yet, Reason::not_built_yet, "use one of {formats}"},
    Row{"output.images[].platform", find_platform, k_yes, Reason::not_built_yet,
        "remove it; what suits the platform is what the base has"},
    Row{"output.images[].compression: of a disk that is not written so", find_compression,
        Reason::not_built_yet, Reason::not_built_yet},
    Row{"output.selinuxPolicyPath",
        [](const ImageConfig& config) { return place_of(config.output.selinux_policy_path); },
        Reason::not_built_yet, k_yes},
};

std::string hint_for(const Row& row, Reason reason) {
  if (!row.hint.empty()) {
    return fmt::format(fmt::runtime(row.hint),
                       fmt::arg("formats", base::join(model::image_format_words(), ", ")));
  }
  switch (reason) {
  case Reason::needs_base_image:
    return "remove it, or customize an image that exists";
  case Reason::not_built_yet:
    break;
  }
  return "remove it";
}

std::string message_for(std::string_view key, std::string_view command, Reason reason) {
  switch (reason) {
  case Reason::needs_base_image:
    return fmt::format("{} has no meaning for {}, which starts from packages", base::quoted(key),
                       base::quoted(command));
  case Reason::not_built_yet:
    break;
  }
  return fmt::format("{} is part of the language, but {} cannot honour it", base::quoted(key),
                     base::quoted(command));
}

std::optional<Reason> reason_of(const Row& row, Command command) {
  return command == Command::build ? row.build : row.customize;
}

} // namespace

std::vector<UnsupportedKey> unsupported_keys(Command command) {
  std::vector<UnsupportedKey> keys;
  for (const Row& row : k_rows) {
    if (const std::optional<Reason> reason = reason_of(row, command))
      keys.push_back({row.key, *reason});
  }
  return keys;
}

base::Diagnostics unsupported_keys(const ImageConfig& config, Command command) {
  base::Diagnostics diagnostics;
  const std::string_view name = command == Command::build ? "build" : "customize";
  for (const Row& row : k_rows) {
    const std::optional<Reason> reason = reason_of(row, command);
    const Place place = reason ? row.find(config) : std::nullopt;
    if (!place) continue;
    diagnostics.error("config.unsupported-key", message_for(row.key, name, *reason), *place,
                      hint_for(row, *reason));
  }
  base::Diagnostics sorted;
  for (const base::Diagnostic& each : diagnostics.sorted())
    sorted.add(each);
  return sorted;
}

} // namespace imagewright::config
