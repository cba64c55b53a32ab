// SPDX-License-Identifier: MIT
#include <algorithm>

#include <imagewright/base/error.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/plan/output_format.hpp>

namespace imagewright::plan {

namespace {

std::string_view suffix_of(model::CompressionAlgorithm algorithm) {
  switch (algorithm) {
  case model::CompressionAlgorithm::none:
    return "";
  case model::CompressionAlgorithm::zstd:
    return ".zst";
  case model::CompressionAlgorithm::gzip:
    return ".gz";
  case model::CompressionAlgorithm::xz:
    return ".xz";
  }
  throw base::BugError("unknown compression");
}

} // namespace

std::optional<model::ImageFormat> format_of_extension(std::string_view extension) {
  if (extension == ".img") return model::ImageFormat::raw;
  for (const model::ImageFormatRow& row : model::k_image_formats) {
    if (row.kind == model::ImageKind::disk && row.owns_extension && row.extension == extension)
      return row.format;
  }
  return std::nullopt;
}

model::ImageFormat format_of(const model::OutputImage& output) {
  return model::image_format_of(output.format).value();
}

std::string output_extension(const model::OutputImage& output) {
  const model::ImageFormat format = format_of(output);
  std::string extension(model::extension_of(format));
  if (model::row_of(format).shows_compression)
    extension += suffix_of(model::compression_of(output));
  return extension;
}

std::string image_name(const BuildPlan& plan) {
  return plan.config.name + "-" + plan.architecture.name;
}

std::string file_name_of(const BuildPlan& plan, const model::OutputImage& output) {
  const auto& path = plan.config.output.image_path;
  if (path) return path->value.filename().string();
  return image_name(plan) + output_extension(output);
}

std::vector<std::string> document_names_of(const BuildPlan& plan) {
  const std::string name = image_name(plan);
  return {"SHA256SUMS",       name + ".manifest.json", name + ".spdx.json",
          name + ".cdx.json", name + ".report.json",   name + ".report.html"};
}

std::string script_file_name(const std::string& image, const std::string& file) {
  return image + ".files." + file;
}

bool is_name_of_output(const BuildPlan& plan, const std::string& name) {
  const std::vector<std::string> documents = document_names_of(plan);
  const bool is_left_by_script = name.starts_with(script_file_name(image_name(plan), "")) &&
                                 name.find('/') == std::string::npos;
  return is_left_by_script || std::ranges::find(documents, name) != documents.end() ||
         std::ranges::any_of(plan.outputs, [&](const model::OutputImage& output) {
           return file_name_of(plan, output) == name;
         });
}

std::filesystem::path output_directory_of(const BuildPlan& plan) {
  const auto& path = plan.config.output.image_path;
  return path ? path->value.parent_path() : std::filesystem::path("out");
}

image::Compression disk_compression_of(const model::OutputImage& output) {
  switch (model::compression_of(output)) {
  case model::CompressionAlgorithm::none:
    return image::Compression::none;
  case model::CompressionAlgorithm::zstd:
    return image::Compression::zstd;
  case model::CompressionAlgorithm::gzip:
    return image::Compression::zlib;
  case model::CompressionAlgorithm::xz:
    break;
  }
  throw base::BugError("a compression that no disk format has was let through");
}

std::optional<std::int32_t> disk_level_of(const BuildPlan& plan, const model::OutputImage& output) {
  const auto& cosi = plan.config.output.cosi_compression_level;
  if (!output.compression.level && cosi && model::row_of(format_of(output)).is_described)
    return cosi->value;
  return output.compression.level;
}

std::optional<std::uint64_t> cluster_size_of(const model::OutputImage& output) {
  if (!output.cluster_size) return std::nullopt;
  return output.cluster_size->bytes();
}

archive::Compression archive_compression_of(const model::OutputImage& output) {
  switch (model::compression_of(output)) {
  case model::CompressionAlgorithm::none:
    return archive::Compression::none;
  case model::CompressionAlgorithm::zstd:
    return archive::Compression::zstd;
  case model::CompressionAlgorithm::gzip:
    return archive::Compression::gzip;
  case model::CompressionAlgorithm::xz:
    return archive::Compression::xz;
  }
  throw base::BugError("unknown compression");
}

} // namespace imagewright::plan
