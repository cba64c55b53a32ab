// SPDX-License-Identifier: MIT
#include <imagewright/base/error.hpp>
#include <imagewright/model/container_image.hpp>

namespace imagewright::model {

std::string_view to_string(ContainerSource source) {
  switch (source) {
  case ContainerSource::oci_directory:
    return "oci";
  case ContainerSource::oci_archive:
    return "oci-archive";
  case ContainerSource::docker_archive:
    return "docker-archive";
  case ContainerSource::registry:
    return "registry";
  }
  throw base::BugError("a source of container images that is not in the list");
}

} // namespace imagewright::model
