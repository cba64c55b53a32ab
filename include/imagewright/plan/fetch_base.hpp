// SPDX-License-Identifier: MIT
#pragma once

// The image that is customized, where a registry has it.

#include <filesystem>
#include <string>

#include <imagewright/plan/customize_lock.hpp>
#include <imagewright/plan/customize_plan.hpp>
#include <imagewright/plan/resolve_plan.hpp>

namespace imagewright::plan {

struct FetchedBase {
  std::filesystem::path file; ///< in the cache, verified
  std::string reference;      ///< with the digest that its tag has
};

/// Gets what `base_in_registry` names. The lock beside the config says which image a tag was, as
/// long as it names the same; without one, and where it is ignored, the registry does. Throws as
/// repo::load_registry_image() does.
FetchedBase fetch_base(const CustomizePlan& plan, BaseLockUse lock_use, NetworkUse network,
                       const Services& services);

} // namespace imagewright::plan
