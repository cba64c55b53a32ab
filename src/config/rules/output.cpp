// SPDX-License-Identifier: MIT
#include <map>
#include <string>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/model/image_format.hpp>

#include "config/rules/rules.hpp"

namespace imagewright::config {

namespace {

base::Diagnostics check_media(const model::ImageConfig& own) {
  base::Diagnostics diagnostics;
  if (!own.pxe || !own.pxe->initramfs || own.pxe->initramfs->value != model::InitramfsType::full_os)
    return diagnostics;
  for (const auto& url : {own.pxe->bootstrap_base_url, own.pxe->bootstrap_file_url}) {
    if (!url) continue;
    diagnostics.add({.code = "config.conflict",
                     .message = "the initramfs type full-os needs no URL of a bootstrap image",
                     .where = url->where,
                     .related = {{own.pxe->initramfs->where, "the type is set here"}},
                     .hint = "remove the URL, or use \"initramfsType: bootstrap\""});
  }
  return diagnostics;
}

/// COSI, in one form or another.
bool is_described(const model::OutputImage& image) {
  const auto format = model::image_format_of(image.format);
  return format && model::row_of(*format).is_described;
}

/// Whoever takes such a file starts it by UEFI.
base::Diagnostics check_boot_type(const model::ImageConfig& own) {
  base::Diagnostics diagnostics;
  const auto& boot = own.storage.boot_type;
  if (!boot || boot->value != model::BootType::legacy) return diagnostics;
  for (const model::OutputImage& image : own.output.images) {
    if (!is_described(image)) continue;
    diagnostics.add({.code = "config.conflict",
                     .message = "COSI files are of disks that start by UEFI",
                     .where = image.where,
                     .related = {{boot->where, "the disk starts by the BIOS"}},
                     .hint = "use another format, or \"bootType: efi\""});
  }
  return diagnostics;
}

base::Diagnostics check_images(const model::OutputConfig& output) {
  base::Diagnostics diagnostics;
  std::map<std::string, base::SourceLocation> extensions;
  for (const model::OutputImage& image : output.images) {
    const auto format = model::image_format_of(image.format);
    const model::CompressionAlgorithm algorithm = model::compression_of(image);
    const bool is_short = algorithm == model::CompressionAlgorithm::gzip ||
                          algorithm == model::CompressionAlgorithm::xz;
    if (is_short && image.compression.level.value_or(1) > 9) {
      diagnostics.error("config.bad-value", "the largest level of gzip and xz is 9", image.where,
                        "use a level from 1 to 9");
    }
    const bool is_archive = format && model::row_of(*format).kind == model::ImageKind::archive;
    if (is_archive && !model::row_of(*format).compressions.has(algorithm)) {
      diagnostics.error("config.conflict", "WSL does not read archives compressed with zstd",
                        image.where, "use gzip or xz");
    }
    if (is_described(image) && algorithm == model::CompressionAlgorithm::none) {
      diagnostics.error("config.conflict", "COSI files are compressed with zstd", image.where,
                        "remove the compression");
    }
    if (algorithm == model::CompressionAlgorithm::none && image.compression.level) {
      diagnostics.error("config.conflict", "a compression level without compression", image.where,
                        "name an algorithm, or remove the level");
    }
    if (image.cluster_size) {
      const std::uint64_t bytes = image.cluster_size->bytes();
      const bool is_good =
          bytes >= 512 && bytes <= base::ByteSize::mib(2).bytes() && (bytes & (bytes - 1)) == 0;
      if (!format || !model::row_of(*format).has_clusters) {
        diagnostics.error("config.conflict", "only qcow2 has clusters", image.where,
                          "remove clusterSize");
      } else if (!is_good) {
        diagnostics.error("config.bad-value",
                          "the cluster size of qcow2 is a power of two up to 2M", image.where,
                          "use 64K");
      }
    }
    if (!format) continue;
    const std::string extension = std::string(model::extension_of(*format));
    const auto [first, is_new] = extensions.emplace(extension, image.where);
    if (is_new) continue;
    diagnostics.add(
        {.code = "config.duplicate-name",
         .message = fmt::format("two images would be written to the same file name, ending in {}",
                                base::quoted(extension)),
         .where = image.where,
         .related = {{first->second, "the first one stands here"}},
         .hint = "keep one of them"});
  }
  return diagnostics;
}

/// Two keys that say in what format files are: one of them would be lost.
base::Diagnostics check_formats(const model::OutputConfig& output,
                                const CheckedDocument& document) {
  base::Diagnostics diagnostics;
  const auto root = document.root();
  const auto section = root ? root->mapping("output") : std::nullopt;
  const auto image = section ? section->mapping("image") : std::nullopt;
  if (!image || section->mappings("images").empty()) return diagnostics;
  const auto format = image->word<model::OutputFormat>("format");
  if (!format) return diagnostics;
  diagnostics.add(
      {.code = "config.conflict",
       .message = "\"images\" and \"image.format\" both say in what format images are",
       .where = format->where,
       .related = {{output.images.front().where, "the first of \"images\" stands here"}},
       .hint = "remove one of the two"});
  return diagnostics;
}

} // namespace

base::Diagnostics check_outputs(const model::ImageConfig& own, const CheckedDocument& document) {
  base::Diagnostics diagnostics = check_media(own);
  if (document.is_clean("output")) {
    diagnostics.append(check_formats(own.output, document));
    diagnostics.append(check_images(own.output));
    diagnostics.append(check_boot_type(own));
  }
  return diagnostics;
}

} // namespace imagewright::config
