// SPDX-License-Identifier: MIT
#include <imagewright/model/release_profile.hpp>

namespace imagewright::model {

const std::vector<LocatedText>&
PackageRole::for_architecture(const std::string& architecture) const {
  const auto found = per_architecture.find(architecture);
  return found != per_architecture.end() ? found->second : packages;
}

const std::string& ArchitectureText::for_architecture(const std::string& architecture) const {
  const auto found = per_architecture.find(architecture);
  return found != per_architecture.end() ? found->second : text;
}

} // namespace imagewright::model
