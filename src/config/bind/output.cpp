// SPDX-License-Identifier: MIT
#include <algorithm>

#include "config/bind/bind.hpp"

namespace imagewright::config {

namespace {

std::optional<model::OciPlatform> bind_platform(const Reader& oci) {
  if (const auto text = oci.text("platform")) {
    const std::size_t slash = text->text.find('/');
    if (slash == std::string::npos) return model::OciPlatform{.os = text->text};
    return model::OciPlatform{.os = text->text.substr(0, slash),
                              .architecture = text->text.substr(slash + 1)};
  }
  const auto reader = oci.mapping("platform");
  if (!reader) return std::nullopt;
  return model::OciPlatform{.os = reader->text_or("os", ""),
                            .architecture = reader->text_or("architecture", "")};
}

std::optional<model::OciImage> bind_oci(const Reader& image) {
  if (const auto text = image.text("oci"))
    return model::OciImage{.uri = text->text, .where = text->where};
  const auto reader = image.mapping("oci");
  if (!reader) return std::nullopt;
  return model::OciImage{.uri = reader->text_or("uri", ""),
                         .platform = bind_platform(*reader),
                         .where = reader->where()};
}

std::optional<model::Located<std::filesystem::path>> bind_located_path(const Reader& reader,
                                                                       std::string_view name) {
  const auto path = reader.path(name);
  if (!path) return std::nullopt;
  return model::Located<std::filesystem::path>{*path, reader.find_value(name)->where};
}

model::OutputImage bind_image(const Reader& reader) {
  model::OutputImage image{.where = reader.where()};
  if (const auto format = reader.word<model::OutputFormat>("format")) image.format = format->value;
  if (const auto compression = reader.mapping("compression")) {
    if (const auto algorithm = compression->word<model::CompressionAlgorithm>("algorithm")) {
      image.compression.algorithm = algorithm->value;
    }
    if (const auto level = compression->integer("level"))
      image.compression.level = static_cast<std::int32_t>(level->value);
  }
  if (const auto size = reader.size("clusterSize")) image.cluster_size = size->value;
  image.platform = reader.word<model::Platform>("platform");
  return image;
}

std::optional<model::OutputArtifacts> bind_artifacts(const Reader& output) {
  const auto reader = output.mapping("artifacts");
  if (!reader) return std::nullopt;
  model::OutputArtifacts artifacts{.path = reader->path("path").value_or(std::filesystem::path()),
                                   .where = reader->where()};
  for (const auto& item : reader->words<model::OutputArtifactItem>("items")) {
    const bool is_known = std::find(artifacts.items.begin(), artifacts.items.end(), item.value) !=
                          artifacts.items.end();
    if (!is_known) artifacts.items.push_back(item.value);
  }
  return artifacts;
}

std::optional<model::Located<std::int32_t>> bind_cosi_level(const Reader& image) {
  const auto cosi = image.mapping("cosi");
  const auto compression = cosi ? cosi->mapping("compression") : std::nullopt;
  const auto level = compression ? compression->integer("level") : std::nullopt;
  if (!level) return std::nullopt;
  return model::Located<std::int32_t>{static_cast<std::int32_t>(level->value), level->where};
}

model::LiveMediumConfig bind_medium(const Reader& reader) {
  model::LiveMediumConfig medium;
  medium.where = reader.where();
  medium.kernel_command_line = bind_kernel_command_line(reader);
  medium.additional_files = bind_additional_files(reader);
  medium.initramfs = reader.word<model::InitramfsType>("initramfsType");
  medium.kdump_boot_files = reader.word<model::KdumpBootFiles>("kdumpBootFiles");
  return medium;
}

} // namespace

model::InputConfig bind_input(const Reader& reader) {
  model::InputConfig input;
  const auto image = reader.mapping("image");
  if (!image) return input;
  input.image = bind_located_path(*image, "path");
  input.oci = bind_oci(*image);
  if (const auto azure = image->mapping("azureLinux")) {
    input.azure_linux = {.version = azure->text_or("version", ""),
                         .variant = azure->text_or("variant", ""),
                         .where = azure->where()};
  }
  return input;
}

model::OutputConfig bind_output(const Reader& reader) {
  model::OutputConfig output;
  output.name = reader.text("name");
  for (const Reader& each : reader.mappings("images"))
    output.images.push_back(bind_image(each));
  if (const auto image = reader.mapping("image")) {
    output.image_path = bind_located_path(*image, "path");
    output.cosi_compression_level = bind_cosi_level(*image);
    const auto format = image->word<model::OutputFormat>("format");
    if (format && output.images.empty())
      output.images.push_back({.format = format->value, .where = format->where});
  }
  output.artifacts = bind_artifacts(reader);
  output.selinux_policy_path = bind_located_path(reader, "selinuxPolicyPath");
  output.script_files = reader.texts("scriptFiles");
  return output;
}

model::LiveMediumConfig bind_iso(const Reader& reader) {
  return bind_medium(reader);
}

model::LiveMediumConfig bind_pxe(const Reader& reader) {
  model::LiveMediumConfig medium = bind_medium(reader);
  medium.bootstrap_base_url = reader.text("bootstrapBaseUrl");
  medium.bootstrap_file_url = reader.text("bootstrapFileUrl");
  if (!medium.bootstrap_base_url) medium.bootstrap_base_url = reader.text("isoImageBaseUrl");
  if (!medium.bootstrap_file_url) medium.bootstrap_file_url = reader.text("isoImageFileUrl");
  return medium;
}

} // namespace imagewright::config
