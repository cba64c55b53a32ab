// SPDX-License-Identifier: MIT
#pragma once

// The description of a disk as the bytes that a worker answers with.

#include <string>
#include <string_view>

#include <imagewright/model/disk_description.hpp>

namespace imagewright::inspect {

std::string encode(const model::DiskDescription& description);
/// Throws base::BugError for what is no description.
model::DiskDescription decode_disk_description(std::string_view bytes);

} // namespace imagewright::inspect
