// SPDX-License-Identifier: MIT
#pragma once

// What a base's own package manager would heed when packages change, and nobody does here.

#include <imagewright/fs/root_dir.hpp>
#include <imagewright/report/reporter.hpp>

namespace imagewright::pipeline {

/// Warns when files of the root keep packages at their versions, or keep some out.
void warn_of_version_locks(const fs::RootDir& files, report::Reporter& reporter);

} // namespace imagewright::pipeline
