// SPDX-License-Identifier: MIT
#pragma once

// What formats that tell of the system (COSI) say of a disk, read from the finished disk.

#include <filesystem>
#include <optional>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/inspect/opened_image.hpp>
#include <imagewright/model/disk_description.hpp>
#include <imagewright/model/image_format.hpp>

namespace imagewright::inspect {

/// Throws base::Error (inspect.no-system, inspect.no-architecture, inspect.no-packages,
/// inspect.no-boot-entry, inspect.corrupt-database, disk.corrupt-filesystem).
model::DiskDescription describe_disk(const OpenedImage& image);

/// The same by a worker. Throws what opening an image throws, and sandbox.worker-….
model::DiskDescription describe_disk_confined(const std::filesystem::path& image,
                                              std::optional<model::ImageFormat> format,
                                              const base::Cancellation& cancellation);

} // namespace imagewright::inspect
