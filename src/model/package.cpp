// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/model/package.hpp>

namespace imagewright::model {

std::string Nevra::evr() const {
  if (epoch == 0) return fmt::format("{}-{}", version, release);
  return fmt::format("{}:{}-{}", epoch, version, release);
}

std::string Nevra::to_string() const {
  return fmt::format("{}-{}.{}", name, evr(), architecture);
}

} // namespace imagewright::model
