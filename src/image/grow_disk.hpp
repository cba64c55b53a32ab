// SPDX-License-Identifier: MIT
#pragma once

// A disk becomes larger: what stands at its end moves along.

#include <cstdint>
#include <string>

namespace imagewright::image {

enum class GrownTable : std::uint8_t {
  none,    ///< no partition table that knows where the disk ends
  moved,   ///< the backup of the GPT stands at the new end
  damaged, ///< there is one, but its primary header is not right: nothing was changed
};

/// Gives the raw disk, open for reading and writing, its new, larger size. Of a GPT (UEFI
/// specification 2.10, section 5.3) the backup moves to the new end, and the headers and the
/// protective MBR say so. Throws base::Error (fs.cannot-read, fs.cannot-write).
GrownTable grow_disk(int raw, const std::string& name, std::uint64_t size);

} // namespace imagewright::image
