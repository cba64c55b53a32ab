// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/config/base_reference.hpp>

namespace imagewright::config {

namespace {

/// The meaning of the key, as Image Customizer has it: a version of two numbers is the newest image
/// of the release, one of three is that of a day.
model::OciImage reference_of(const model::AzureLinuxImage& image) {
  const auto numbers = base::split(image.version, '.');
  const std::string release = numbers.size() < 2 ? image.version : numbers[0] + "." + numbers[1];
  return {.uri = fmt::format("mcr.microsoft.com/azurelinux/{}/image/{}:{}", release, image.variant,
                             numbers.size() > 2 ? image.version : "latest"),
          .platform = std::nullopt,
          .where = image.where};
}

} // namespace

std::optional<model::OciImage> base_reference(const model::InputConfig& input) {
  if (input.oci) return input.oci;
  if (input.azure_linux) return reference_of(*input.azure_linux);
  return std::nullopt;
}

} // namespace imagewright::config
