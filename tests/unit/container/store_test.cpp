// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <imagewright/container/store.hpp>

#include "bolt_reader.hpp"

using namespace imagewright;
using namespace std::string_literals;

namespace {

container::Blob blob(const std::string& content, const std::string& type) {
  return {.digest = base::digest_of(content),
          .size = content.size(),
          .media_type = type,
          .file = {},
          .content = content};
}

container::Image image(const std::string& name, const std::string& layer, model::Pinning pinning) {
  container::Image image;
  image.config = blob("config of " + layer, "config");
  image.manifest = blob("manifest of " + layer, "manifest-type");
  image.layers = {{blob(layer, "layer"), base::digest_of("unpacked " + layer)}};
  image.identity = {.name = name,
                    .name_space = "k8s.io",
                    .pinning = pinning,
                    .index = std::nullopt,
                    .manifest = image.manifest.digest,
                    .config = image.config.digest,
                    .layers = {image.layers[0].blob.digest}};
  return image;
}

constexpr base::Epoch k_epoch{std::chrono::seconds(1700000000)};

} // namespace

TEST_CASE("an image has the three records of a pull, and its blobs what the collector follows") {
  std::vector<container::Image> images;
  images.push_back(image("registry.example/a/pause:3.9", "layer", model::Pinning::pinned));
  const BoltReader reader(container::metadata_file(images, k_epoch));
  const std::string manifest = images[0].manifest.digest.to_string();
  const std::string config = images[0].config.digest.to_string();
  const std::string layer = images[0].layers[0].blob.digest.to_string();
  CHECK(reader.find({"v1", "version"}) == "\x06"); // zigzag of 3
  for (const std::string& name :
       {"registry.example/a/pause:3.9"s, "registry.example/a/pause@" + manifest, config}) {
    const std::vector<std::string> record{"v1", "k8s.io", "images", name};
    const auto find = [&](std::vector<std::string> rest) {
      rest.insert(rest.begin(), record.begin(), record.end());
      return reader.find(rest);
    };
    CHECK(find({"target", "digest"}) == manifest);
    CHECK(find({"target", "mediatype"}) == "manifest-type");
    CHECK(find({"labels", "io.cri-containerd.image"}) == "managed");
    CHECK(find({"labels", "io.cri-containerd.pinned"}) == "pinned");
    // 2023-11-14T22:13:20Z, as Go writes it.
    CHECK(find({"createdat"}) == "\x01\x00\x00\x00\x0E\xDC\xE5\xE8\x00\x00\x00\x00\x00\xFF\xFF"s);
  }
  const auto content = [&](const std::string& digest, const std::string& label) {
    return reader.find({"v1", "k8s.io", "content", "blob", digest, "labels", label});
  };
  CHECK(content(manifest, "containerd.io/gc.ref.content.config") == config);
  CHECK(content(manifest, "containerd.io/gc.ref.content.l.0") == layer);
  CHECK(content(layer, "containerd.io/uncompressed") == images[0].layers[0].difference.to_string());
  CHECK(content(layer, "containerd.io/distribution.source.registry.example") == "a/pause");
  CHECK(reader.find({"v1", "k8s.io", "content", "blob", layer, "size"}) == "\x0A"); // zigzag of 5
}

TEST_CASE("images that are not pinned have no label for it, and namespaces are apart") {
  std::vector<container::Image> images;
  images.push_back(image("registry.example/a:1", "one", model::Pinning::unpinned));
  images.push_back(image("registry.example/b:1", "two", model::Pinning::unpinned));
  images[1].identity.name_space = "moby";
  const BoltReader reader(container::metadata_file(images, k_epoch));
  CHECK_FALSE(reader.find(
      {"v1", "k8s.io", "images", "registry.example/a:1", "labels", "io.cri-containerd.pinned"}));
  CHECK(reader.find({"v1", "moby", "images", "registry.example/b:1", "target", "digest"}));
  CHECK_FALSE(reader.find({"v1", "k8s.io", "images", "registry.example/b:1", "target", "digest"}));
}

TEST_CASE("two names of one image share its blobs, and the order of the config does not matter") {
  std::vector<container::Image> images;
  images.push_back(image("registry.example/a:1", "one", model::Pinning::unpinned));
  images.push_back(image("registry.example/b:1", "one", model::Pinning::pinned));
  const std::string file = container::metadata_file(images, k_epoch);
  CHECK(container::blobs_of(images).size() == 3);
  CHECK(BoltReader(file).find({"v1", "k8s.io", "content", "blob",
                               images[0].layers[0].blob.digest.to_string(), "labels",
                               "containerd.io/distribution.source.registry.example"}) == "a,b");
  std::swap(images[0], images[1]);
  CHECK(container::metadata_file(images, k_epoch) == file);
}
