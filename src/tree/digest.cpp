// SPDX-License-Identifier: MIT
#include <algorithm>
#include <vector>

#include <imagewright/tree/digest.hpp>

namespace imagewright::tree {

base::Digest digest_of_content(std::uint64_t size, const ReadPiece& read) {
  constexpr std::uint64_t k_buffer_size = std::uint64_t{256} << 10U;
  std::vector<std::byte> buffer(std::min(k_buffer_size, size));
  base::Hasher hasher;
  for (std::uint64_t offset = 0; offset < size;) {
    const auto piece = std::span(buffer).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size - offset)));
    read(offset, piece);
    hasher.update(piece);
    offset += piece.size();
  }
  return hasher.finish();
}

} // namespace imagewright::tree
