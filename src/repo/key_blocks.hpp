// SPDX-License-Identifier: MIT
#pragma once

// How a file of keys is divided, so that nothing in it can be passed over in silence.

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace imagewright::repo {

/// The blocks of armor, each to its end or to where the next one begins; a file without armor is
/// one block.
std::vector<std::string_view> key_blocks_of(std::string_view content);

/// How many keys a block has to bring, by its packets. Nothing when it is cut off, is not what its
/// checksum says, or is something else.
std::optional<std::size_t> key_count_of(std::string_view block);

} // namespace imagewright::repo
