// SPDX-License-Identifier: MIT
#pragma once

// The packages of a lock as verified local files.

#include <vector>

#include <imagewright/model/lock.hpp>
#include <imagewright/model/package.hpp>
#include <imagewright/model/repository.hpp>

#include "fetch_context.hpp"

namespace imagewright::repo {

model::PackageSet load_packages(FetchContext& context,
                                const std::vector<model::Repository>& repositories,
                                const model::ArchitectureLock& lock);

} // namespace imagewright::repo
