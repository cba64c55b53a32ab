// SPDX-License-Identifier: MIT
#pragma once

// The worker's side of reading files out of packages.

#include <string>

#include <imagewright/sandbox/worker.hpp>

namespace imagewright::install {

inline constexpr const char* k_package_files_job = "package-files";

std::string read_packaged_files_inside(const sandbox::WorkerCall& call);

} // namespace imagewright::install
