// SPDX-License-Identifier: MIT
#pragma once

// One image as a tar archive of an OCI layout, as containers' programs import it.

#include <filesystem>

#include <imagewright/base/epoch.hpp>
#include <imagewright/container/image.hpp>

namespace imagewright::container {

/// Writes a new file, the same bytes for the same image. Its name stands in the archive. Throws
/// base::Error (container.changed: a layer is not what it was; fs.…).
void write_archive(const Image& image, base::Epoch epoch, const std::filesystem::path& file);

} // namespace imagewright::container
