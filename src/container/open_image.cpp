// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <imagewright/archive/tar_reader.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "container/reading.hpp"
#include "container/unpack.hpp"

namespace imagewright::container {

namespace {

bool is_directory(model::ContainerSource source) {
  return source == model::ContainerSource::oci_directory ||
         source == model::ContainerSource::registry;
}

void require_source(const model::ContainerImageConfig& wanted) {
  const bool is_layout = is_directory(wanted.source);
  std::error_code error;
  const auto status = std::filesystem::status(wanted.path, error);
  const bool is_there =
      is_layout ? std::filesystem::is_directory(status) : std::filesystem::is_regular_file(status);
  if (is_there) return;
  const bool is_other = std::filesystem::exists(status);
  throw base::Error(base::FailureKind::input, "container.not-found",
                    fmt::format("{} is {}", source_text(wanted),
                                is_other ? (is_layout ? "no directory" : "no file") : "not there"),
                    is_layout ? "name a directory; of an archive, write oci-archive:FILE"
                              : "name a file; of a directory, write oci:DIRECTORY");
}

std::string name_for(const model::ContainerImageConfig& wanted, const std::string& found) {
  if (wanted.name) return wanted.name->text;
  if (wanted.source == model::ContainerSource::registry) {
    std::string name = name_in_reference(wanted.selection);
    if (!name.empty()) return name;
  }
  if (is_full_name(found)) return found;
  throw base::Error(
      base::FailureKind::input, "container.no-name",
      fmt::format("{} does not say what its image is called in full", source_text(wanted)),
      "add \"name:\" with host and tag, such as registry.k8s.io/pause:3.9");
}

Found read(const Question& question) {
  if (question.wanted.source == model::ContainerSource::docker_archive)
    return read_docker_archive(question);
  return read_oci_layout(question);
}

Image open_checked(const model::ContainerImageConfig& wanted, const OpenOptions& options) {
  require_source(wanted);
  std::optional<fs::TemporaryDirectory> unpacked;
  std::filesystem::path directory = wanted.path;
  if (!is_directory(wanted.source)) {
    unpacked.emplace(options.temporary_directory, ".imagewright-container-");
    directory = unpacked->path();
    unpack(wanted.path, directory, options.cancellation);
  }
  auto [image, name] = read({wanted, std::move(directory), options});
  model::LockedContainerImage& identity = image.identity;
  identity.name = name_for(wanted, name);
  identity.name_space = wanted.name_space;
  identity.pinning = wanted.pinning;
  identity.manifest = image.manifest.digest;
  identity.config = image.config.digest;
  for (const Layer& layer : image.layers)
    identity.layers.push_back(layer.blob.digest);
  image.unpacked = std::move(unpacked);
  return std::move(image);
}

} // namespace

std::string name_in_reference(std::string_view reference) {
  const std::string_view name = reference.substr(0, reference.find('@'));
  const bool has_tag = name.find(':', name.find('/')) != std::string_view::npos;
  return has_tag ? std::string(name) : std::string();
}

std::string source_text(const model::ContainerImageConfig& wanted) {
  if (wanted.source == model::ContainerSource::registry)
    return fmt::format("the registry's image {}", base::quoted(wanted.selection));
  const char* kind = wanted.source == model::ContainerSource::oci_directory ? "the OCI layout"
                     : wanted.source == model::ContainerSource::oci_archive ? "the OCI archive"
                                                                            : "the Docker archive";
  return fmt::format("{} {}", kind, base::quoted(wanted.path.string()));
}

Image open_image(const model::ContainerImageConfig& wanted, const OpenOptions& options) {
  try {
    return open_checked(wanted, options);
  } catch (const base::Error& error) {
    base::Diagnostic told = error.diagnostic();
    if (!told.where) told.where = wanted.source_where;
    const std::string context = "while reading " + source_text(wanted);
    if (std::ranges::find(told.context, context) == told.context.end())
      told.context.push_back(context);
    throw base::Error(error.kind(), std::move(told));
  }
}

Image open_planned_image(const model::ContainerImageConfig& wanted,
                         std::span<const model::LockedContainerImage> locked,
                         const OpenOptions& options) {
  Image image = open_image(wanted, options);
  if (std::ranges::find(locked, image.identity) == locked.end()) {
    throw base::Error(base::FailureKind::verification,
                      {.code = "container.changed",
                       .message = image.identity.name +
                                  " is another image than it was when the build was planned",
                       .where = wanted.where,
                       .hint = "build again when nobody writes to its source"});
  }
  return image;
}

std::span<const sandbox::WorkerJob> worker_jobs() {
  static constexpr std::array jobs{
      sandbox::WorkerJob{.name = k_document_job, .run = &read_document_in_worker},
      sandbox::WorkerJob{.name = k_layer_job, .run = &digest_layer_in_worker},
      sandbox::WorkerJob{.name = k_unpack_job,
                         .run = &unpack_in_worker,
                         .prepare = &archive::prepare_to_read_tar}};
  return jobs;
}

} // namespace imagewright::container
