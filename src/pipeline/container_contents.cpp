// SPDX-License-Identifier: MIT
#include "container_contents.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include <imagewright/base/error.hpp>
#include <imagewright/container/image.hpp>
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

base::Digest digest_of(const fs::UniqueFd& file, const container::Blob& blob) {
  std::vector<std::byte> buffer(std::size_t{1} << 20U);
  base::Hasher hasher;
  for (std::uint64_t offset = 0; offset < blob.size;) {
    const auto piece = std::span(buffer).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), blob.size - offset)));
    fs::read_exactly(file.get(), piece, offset, blob.file.string());
    hasher.update(piece);
    offset += piece.size();
  }
  return hasher.finish();
}

/// What a layer held when it was checked is what is read of it: afterwards it is held against its
/// digest again.
model::ContainerContents read(const container::Image& image,
                              const model::ContainerImageConfig& wanted,
                              const base::Cancellation& cancellation) {
  std::vector<fs::UniqueFd> files;
  std::vector<int> layers;
  for (const container::Layer& layer : image.layers) {
    files.push_back(fs::open_for_reading(layer.blob.file));
    layers.push_back(files.back().get());
  }
  const auto require_unchanged = [&] {
    for (std::size_t index = 0; index < files.size(); ++index) {
      cancellation.check();
      const container::Blob& blob = image.layers[index].blob;
      if (digest_of(files[index], blob) != blob.digest) throw_changed(image, wanted);
    }
  };
  try {
    model::ContainerContents contents =
        inspect::read_layer_packages(layers, image.identity.name, cancellation);
    require_unchanged();
    return contents;
  } catch (const base::Error& error) {
    // What cannot be read any more could be when it was checked.
    if (error.diagnostic().code.starts_with("archive.")) require_unchanged();
    throw;
  }
}

} // namespace

std::map<base::Digest, model::ContainerContents>
contents_of_images(const plan::ResolvedPlan& plan, const plan::Services& services) {
  std::map<base::Digest, model::ContainerContents> contents;
  const auto& wanted = plan.finalize.os.container_images;
  if (wanted.empty()) return contents;
  std::filesystem::create_directories(services.cache_directory);
  const fs::TemporaryDirectory directory(services.cache_directory, ".contents-");
  std::vector<container::Image> images;
  for (const model::ContainerImageConfig& each : wanted) {
    images.push_back(container::open_image(each, {.architecture = plan.plan.architecture,
                                                  .temporary_directory = directory.path(),
                                                  .cancellation = services.cancellation}));
    const auto& locked = plan.lock.container_images;
    if (std::ranges::find(locked, images.back().identity) == locked.end())
      throw_changed(images.back(), each);
  }
  for (std::size_t index = 0; index < images.size(); ++index) {
    if (!contents.contains(images[index].identity.manifest))
      contents.emplace(images[index].identity.manifest,
                       read(images[index], wanted[index], services.cancellation));
  }
  return contents;
}

} // namespace imagewright::pipeline
