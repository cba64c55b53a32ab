// SPDX-License-Identifier: MIT
#include "container_contents.hpp"

#include <filesystem>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/container/checked_copy.hpp>
#include <imagewright/container/image.hpp>
#include <imagewright/fs/temporary_directory.hpp>
#include <imagewright/inspect/layer_packages.hpp>

namespace imagewright::pipeline {

namespace {

model::ContainerContents read(const container::Image& image, const std::filesystem::path& directory,
                              const base::Cancellation& cancellation) {
  std::vector<fs::UniqueFd> files;
  std::vector<int> layers;
  for (const container::Layer& layer : image.layers) {
    files.push_back(container::private_copy(layer.blob, directory));
    layers.push_back(files.back().get());
  }
  return inspect::read_layer_packages(layers, image.identity.name, cancellation);
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
        container::open_planned_image(each, plan.lock.container_images,
                                      {.architecture = plan.plan.architecture,
                                       .temporary_directory = directory.path(),
                                       .cancellation = services.cancellation});
    if (!contents.contains(image.identity.manifest))
      contents.emplace(image.identity.manifest,
                       read(image, directory.path(), services.cancellation));
  }
  return contents;
}

} // namespace imagewright::pipeline
