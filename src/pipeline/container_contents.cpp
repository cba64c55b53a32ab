// SPDX-License-Identifier: MIT
#include "container_contents.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/container/image.hpp>
#include <imagewright/fs/digest.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/temporary_directory.hpp>
#include <imagewright/inspect/layer_packages.hpp>

namespace imagewright::pipeline {

namespace {

[[noreturn]] void throw_changed(const container::Image& image,
                                const model::ContainerImageConfig& wanted) {
  throw base::Error(
      base::FailureKind::verification,
      {.code = "container.changed",
       .message = image.identity.name + " is another image than it was when the build was planned",
       .where = wanted.where,
       .hint = "build again when nobody writes to its source"});
}

model::ContainerContents read(const container::Image& image,
                              const model::ContainerImageConfig& wanted,
                              const base::Cancellation& cancellation) {
  std::vector<fs::UniqueFd> files;
  std::vector<int> layers;
  for (const container::Layer& layer : image.layers) {
    files.push_back(fs::open_for_reading(layer.blob.file));
    layers.push_back(files.back().get());
  }
  auto contents = inspect::read_layer_packages(layers, image.identity.name, cancellation);
  // Its source may have been changed since it was checked, and packages of something else told.
  for (const container::Layer& layer : image.layers) {
    const base::Digest& digest = layer.blob.digest;
    if (fs::digest_of_file(layer.blob.file, digest.algorithm) != digest)
      throw_changed(image, wanted);
  }
  return contents;
}

} // namespace

std::map<base::Digest, model::ContainerContents>
contents_of_images(const plan::ResolvedPlan& plan, const plan::Services& services) {
  std::map<base::Digest, model::ContainerContents> contents;
  const auto& wanted = plan.finalize.os.container_images;
  if (wanted.empty()) return contents;
  std::filesystem::create_directories(services.cache_directory);
  const fs::TemporaryDirectory directory(services.cache_directory, ".contents-");
  for (const model::ContainerImageConfig& each : wanted) {
    const container::Image image =
        container::open_image(each, {.architecture = plan.plan.architecture,
                                     .temporary_directory = directory.path(),
                                     .cancellation = services.cancellation});
    const auto& locked = plan.lock.container_images;
    if (std::ranges::find(locked, image.identity) == locked.end()) throw_changed(image, each);
    if (!contents.contains(image.identity.manifest))
      contents.emplace(image.identity.manifest, read(image, each, services.cancellation));
  }
  return contents;
}

} // namespace imagewright::pipeline
