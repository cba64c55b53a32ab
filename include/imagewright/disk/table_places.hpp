// SPDX-License-Identifier: MIT
#pragma once

// Where partition tables stand on a disk, whatever they are worth.

#include <cstdint>
#include <vector>

#include <imagewright/fs/byte_source.hpp>
#include <imagewright/fs/file_content.hpp>

namespace imagewright::disk {

/// What the headers of a disk claim, whole or not, for themselves and their entries, and where
/// tables as large are written on a disk of `new_size` bytes. The stretches may overlap, and may
/// reach beyond the disk's end.
std::vector<fs::Stretch> places_of_tables(const fs::ByteSource& disk, std::uint64_t new_size);

} // namespace imagewright::disk
