// SPDX-License-Identifier: MIT
#pragma once

// Which packages may have the kernel of a machine.

#include <imagewright/install/package_files_reader.hpp>
#include <imagewright/pipeline/build.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/plan/services.hpp>

#include "pipeline/customizing/customizing.hpp"
#include "pipeline/install_request.hpp"

namespace imagewright::pipeline {

/// Those of the image; for an image of another architecture, or without a kernel, those that its
/// release has for this host's, which are fetched. None where there are none, or none can be had.
install::TrustedPackages kernel_packages(const plan::ResolvedPlan& plan,
                                         const BuildOptions& options,
                                         const FetchedPackages& fetched,
                                         const plan::Services& services);

/// For an image that exists and is of another architecture: those that the release has for this
/// host's. None where no release is known.
install::TrustedPackages kernel_packages(const Customizing& customizing,
                                         const CustomizeOptions& options,
                                         const plan::Services& services);

} // namespace imagewright::pipeline
