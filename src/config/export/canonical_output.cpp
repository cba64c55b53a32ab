// SPDX-License-Identifier: MIT
#include <utility>

#include "config/export/canonical_sections.hpp"

namespace imagewright::config {

namespace {

void put_located_path(Section& section, std::string_view key,
                      const std::optional<model::Located<std::filesystem::path>>& path) {
  if (path) section.put_path(key, path->value);
}

Section written(Section section, const model::OciImage& image) {
  const auto& [uri, platform, where] = image;
  section.put("uri", uri);
  if (platform) {
    const auto& [os, architecture] = *platform;
    Section inner = section.inside("platform");
    inner.put_text("os", os);
    inner.put_text("architecture", architecture);
    section.put("platform", inner.object());
  }
  return section;
}

Section written(Section section, const model::AzureLinuxImage& image) {
  const auto& [version, variant, where] = image;
  section.put("version", version);
  section.put("variant", variant);
  return section;
}

Section written(Section section, const model::OutputImage& image) {
  const auto& [format, compression, cluster_size, platform, where] = image;
  const auto& [algorithm, level] = compression;
  section.put_word("format", std::optional(format));
  Section inner = section.inside("compression");
  inner.put_word("algorithm", algorithm);
  if (level) inner.put("level", *level);
  section.put_section("compression", inner);
  section.put_size("clusterSize", cluster_size);
  section.put_word("platform", platform);
  return section;
}

/// One file with nothing to say but its format fits into the shorter `image`, as do the media that
/// `images` does not have.
bool is_bare(const std::vector<model::OutputImage>& images) {
  if (images.size() != 1) return false;
  model::OutputImage bare{.format = images[0].format, .where = images[0].where};
  return images[0] == bare;
}

Section written(Section section, const model::OutputArtifacts& artifacts) {
  const auto& [items, path, where] = artifacts;
  json::Array words;
  for (const model::OutputArtifactItem item : items)
    words.emplace_back(section.word_of("items", static_cast<int>(item)));
  section.put_list("items", std::move(words));
  section.put_path("path", path);
  return section;
}

} // namespace

Section written_input(Section section, const model::InputConfig& input) {
  const auto& [path, oci, azure_linux] = input;
  Section image = section.inside("image");
  put_located_path(image, "path", path);
  if (oci) image.put_section("oci", written(image.inside("oci"), *oci));
  if (azure_linux)
    image.put_section("azureLinux", written(image.inside("azureLinux"), *azure_linux));
  section.put_section("image", image);
  return section;
}

Section written_output(Section section, const model::OutputConfig& output) {
  const auto& [name, images, image_path, cosi_compression_level, artifacts, selinux_policy_path,
               script_files] = output;
  section.put_text("name", name);
  Section image = section.inside("image");
  put_located_path(image, "path", image_path);
  if (is_bare(images)) {
    image.put_word("format", std::optional(images[0].format));
  } else {
    json::Array items;
    for (const model::OutputImage& each : images)
      items.emplace_back(written(section.inside("images"), each).object());
    section.put_list("images", std::move(items));
  }
  if (cosi_compression_level) {
    Section cosi = image.inside("cosi");
    Section compression = cosi.inside("compression");
    compression.put("level", cosi_compression_level->value);
    cosi.put_section("compression", compression);
    image.put_section("cosi", cosi);
  }
  section.put_section("image", image);
  if (artifacts) section.put_section("artifacts", written(section.inside("artifacts"), *artifacts));
  put_located_path(section, "selinuxPolicyPath", selinux_policy_path);
  section.put_texts("scriptFiles", script_files);
  return section;
}

Section written_medium(Section section, const model::LiveMediumConfig& medium) {
  const auto& [kernel_command_line, additional_files, initramfs, kdump_boot_files,
               bootstrap_base_url, bootstrap_file_url, where] = medium;
  put_kernel_command_line(section, kernel_command_line);
  put_additional_files(section, additional_files);
  section.put_word("initramfsType", initramfs);
  section.put_word("kdumpBootFiles", kdump_boot_files);
  const CanonicalContext& context = section.context();
  if (bootstrap_base_url)
    section.put_text("bootstrapBaseUrl", address(bootstrap_base_url->text, context));
  if (bootstrap_file_url)
    section.put_text("bootstrapFileUrl", address(bootstrap_file_url->text, context));
  return section;
}

} // namespace imagewright::config
