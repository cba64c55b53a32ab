// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include <imagewright/base/digest.hpp>

namespace imagewright::tree {

/// Fills the whole buffer with what stands at an offset.
using ReadPiece = std::function<void(std::uint64_t offset, std::span<std::byte> buffer)>;

/// SHA-256 of a content of that many bytes, which is read once, from its start to its end.
base::Digest digest_of_content(std::uint64_t size, const ReadPiece& read);

} // namespace imagewright::tree
