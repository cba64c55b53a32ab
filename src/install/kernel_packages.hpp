// SPDX-License-Identifier: MIT
#pragma once

// Which package brought which kernel.

#include <vector>

#include <imagewright/model/root.hpp>

#include "rpm_handles.hpp"

namespace imagewright::install {

/// Every package of the database that has files of a kernel below /usr/lib/modules, and those that
/// require one, directly or not. Sorted.
std::vector<model::KernelPackage> kernel_packages(rpmts transaction);

} // namespace imagewright::install
