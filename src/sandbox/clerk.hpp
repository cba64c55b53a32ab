// SPDX-License-Identifier: MIT
#pragma once

// Answers for the kernel where it would refuse an image's owners and devices.

#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/sandbox/metadata_record.hpp>

namespace imagewright::sandbox {

/// Answers until nobody is left who could ask. Runs in a process that sees the same root and has
/// every capability over it. Throws base::Error when answers cannot be given any more.
void keep_record(const fs::UniqueFd& listener, MetadataRecord& record);

} // namespace imagewright::sandbox
