// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <regex>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "container/reading.hpp"
#include "container/unpack.hpp"

namespace imagewright::container {

namespace {

bool is_layer(std::string_view media_type) {
  // OCI image specification, "media types"; Docker's image manifest version 2, schema 2.
  constexpr std::array<std::string_view, 5> k_types{
      "application/vnd.oci.image.layer.v1.tar",
      "application/vnd.oci.image.layer.v1.tar+gzip",
      "application/vnd.oci.image.layer.v1.tar+zstd",
      "application/vnd.docker.image.rootfs.diff.tar",
      "application/vnd.docker.image.rootfs.diff.tar.gzip",
  };
  return std::ranges::find(k_types, media_type) != k_types.end();
}

bool is_config(std::string_view media_type) {
  return media_type == "application/vnd.oci.image.config.v1+json" ||
         media_type == "application/vnd.docker.container.image.v1+json";
}

Layer layer_from(const Question& question, const Descriptor& descriptor,
                 const base::Digest& difference) {
  if (descriptor.media_type.ends_with("+encrypted")) {
    throw base::Error(base::FailureKind::input, "container.unsupported",
                      fmt::format("the layer {} is encrypted", descriptor.digest.to_string()),
                      "decrypt the image first, for example with: skopeo copy --decryption-key KEY "
                      "SOURCE oci:DIRECTORY");
  }
  if (!is_layer(descriptor.media_type)) {
    throw_unsupported(
        fmt::format("the layer {} is of the kind {}, which containerd does not unpack",
                    descriptor.digest.to_string(), base::quoted(descriptor.media_type)));
  }
  if (question.options.layers == LayerUse::described) {
    return {.blob = {.digest = descriptor.digest,
                     .size = descriptor.size,
                     .media_type = descriptor.media_type,
                     .file = {},
                     .content = {}},
            .difference = difference};
  }
  Layer layer{find_blob(question.directory, descriptor, question.options.cancellation), difference};
  check_difference(layer, question.options.cancellation);
  return layer;
}

} // namespace

Settings settings_of(const Question& question, const Blob& config) {
  Settings settings = read_settings({config.content, "the config " + config.digest.to_string()},
                                    question.options.cancellation);
  const std::string& wanted = question.options.architecture.container_name;
  if (settings.architecture == wanted && settings.system == "linux") return settings;
  throw base::Error(base::FailureKind::input, "container.no-architecture",
                    fmt::format("{} has an image for {}/{}, and this node is linux/{}",
                                source_text(question.wanted), settings.system,
                                settings.architecture, wanted),
                    "take the image with all of its architectures, for example with: skopeo copy "
                    "--all");
}

Image image_of_manifest(const Question& question, Blob manifest) {
  const std::string where = "the manifest " + manifest.digest.to_string();
  const Manifest document = read_manifest({manifest.content, where}, question.options.cancellation);
  if (!document.config) throw_unsupported(where + " is of a kind without a config (schema 1)");
  if (!is_config(document.config->media_type)) {
    throw_unsupported(fmt::format("{} describes {}, which is no image of a container", where,
                                  base::quoted(document.config->media_type)));
  }
  Image image;
  image.config =
      find_small_blob(question.directory, *document.config, question.options.cancellation);
  const std::vector<base::Digest> differences = settings_of(question, image.config).differences;
  if (document.layers.size() != differences.size()) {
    throw_damaged(fmt::format("{} has {} layers, and its config {}", where, document.layers.size(),
                              differences.size()));
  }
  for (std::size_t index = 0; index < differences.size(); ++index)
    image.layers.push_back(layer_from(question, document.layers[index], differences[index]));
  image.manifest = std::move(manifest);
  return image;
}

bool is_full_name(std::string_view name) {
  // The grammar of the distribution project's reference.go, a little wider.
  static const std::regex k_form(
      "[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?"
      "(/[A-Za-z0-9]+([._-]+[A-Za-z0-9]+)*)+:[A-Za-z0-9_][A-Za-z0-9._-]*");
  constexpr std::size_t k_longest = 512;
  if (name.size() > k_longest || !std::regex_match(name.begin(), name.end(), k_form)) return false;
  const std::string_view host = name.substr(0, name.find('/'));
  return host.find_first_of(".:") != std::string_view::npos || host == "localhost";
}

std::string full_name_of(const std::string& name) {
  const std::size_t slash = name.find('/');
  const std::string host = name.substr(0, slash);
  const bool has_host = slash != std::string::npos &&
                        (host.find_first_of(".:") != std::string::npos || host == "localhost");
  if (has_host) return name;
  return (slash == std::string::npos ? "docker.io/library/" : "docker.io/") + name;
}

} // namespace imagewright::container
