// SPDX-License-Identifier: MIT
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/claimed_directory.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/image/convert.hpp>
#include <imagewright/inspect/disk_description.hpp>
#include <imagewright/model/image_format.hpp>
#include <imagewright/pipeline/convert_image.hpp>
#include <imagewright/plan/output_format.hpp>

namespace imagewright::pipeline {

namespace {

model::ImageFormat format_of(const ConvertOptions& options) {
  if (options.format) return *options.format;
  if (const auto named =
          plan::format_of_extension(base::to_lower(options.output.extension().string())))
    return *named;
  std::string known;
  for (const model::ImageFormatRow& row : model::k_image_formats) {
    if (row.kind != model::ImageKind::disk || !row.owns_extension) continue;
    known += (known.empty() ? "" : ", ") + std::string(row.extension);
  }
  throw base::Error(base::FailureKind::input, "pipeline.unknown-format",
                    fmt::format("the name {} does not tell an image format",
                                base::quoted(options.output.filename().string())),
                    fmt::format("names that end in {} tell one, and so does --format", known));
}

/// A device, a pipe or a directory must not be replaced by a file.
void require_file_or_nothing(const std::filesystem::path& output) {
  std::error_code ignored;
  const auto present = std::filesystem::status(output, ignored);
  if (!std::filesystem::exists(present) || std::filesystem::is_regular_file(present)) return;
  throw base::Error(base::FailureKind::input, "pipeline.output-not-a-file",
                    fmt::format("{} exists and is not a file", base::quoted(output.string())),
                    "give the name of a new file, or of one that may be replaced");
}

} // namespace

fs::PublishedFile convert_image(const ConvertOptions& options, const plan::Services& services) {
  const model::ImageFormat format = format_of(options);
  require_file_or_nothing(options.output);
  const std::filesystem::path directory = std::filesystem::absolute(options.output).parent_path();
  const fs::ClaimedDirectory staging(directory, ".imagewright-staging-");
  const model::Artifact artifact = image::convert(
      {.input = options.input,
       .input_format = options.input_format,
       .output = {.format = format, .path = staging.path() / options.output.filename()},
       // Nothing of an image's content is younger than the image; a fixed time keeps the bytes the
       // same.
       .epoch = base::Epoch(),
       .thread_count = services.thread_count,
       .digests = options.digests,
       .describe =
           [&](const std::filesystem::path& raw) {
             return inspect::describe_disk_confined(raw, model::ImageFormat::raw,
                                                    services.cancellation);
           }},
      services.reporter, services.cancellation);
  fs::sync_path(artifact.path);
  if (std::rename(artifact.path.c_str(), options.output.c_str()) != 0) {
    base::throw_system_error("fs.cannot-write", "cannot publish", options.output.string(), errno);
  }
  fs::sync_path(directory);
  return {options.output, artifact.digest};
}

} // namespace imagewright::pipeline
