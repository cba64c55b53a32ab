// SPDX-License-Identifier: MIT
#include <array>
#include <string_view>

#include <imagewright/base/error.hpp>

#include "config/bind/bind.hpp"

namespace imagewright::config {

namespace {

using model::ContainerSource;

/// The word before the first colon; a check has seen that it is one of them.
ContainerSource source_named(std::string_view word) {
  constexpr std::array k_sources{ContainerSource::oci_directory, ContainerSource::oci_archive,
                                 ContainerSource::docker_archive, ContainerSource::registry};
  for (const ContainerSource source : k_sources) {
    if (model::to_string(source) == word) return source;
  }
  throw base::BugError("a source of container images that was not checked");
}

/// "oci:PATH[:TAG]", "docker-archive:PATH[:NAME]", "registry:NAME@DIGEST"
void take_source(model::ContainerImageConfig& image, std::string_view text, const Reader& reader) {
  const std::size_t colon = text.find(':');
  image.source = source_named(text.substr(0, colon));
  text = text.substr(colon + 1);
  if (image.source == ContainerSource::registry) {
    image.selection = text;
    return;
  }
  const std::size_t end = text.find(':');
  image.path = reader.resolve(std::string(text.substr(0, end)));
  if (end != std::string_view::npos) image.selection = text.substr(end + 1);
}

model::ContainerImageConfig bind_container_image(const Reader& reader) {
  model::ContainerImageConfig image{.where = reader.where(), .source_where = reader.where()};
  if (const auto source = reader.text("source")) {
    take_source(image, source->text, reader);
    image.source_where = source->where;
  }
  image.name = reader.text("name");
  if (reader.is_true("pin")) image.pinning = model::Pinning::pinned;
  if (const auto mode = reader.word<model::ContainerDelivery>("mode")) image.delivery = mode->value;
  image.name_space = reader.text_or("namespace", image.name_space);
  return image;
}

} // namespace

std::vector<model::ContainerImageConfig> bind_container_images(const Reader& os) {
  std::vector<model::ContainerImageConfig> images;
  for (const Reader& reader : os.mappings("containerImages"))
    images.push_back(bind_container_image(reader));
  return images;
}

} // namespace imagewright::config
