// SPDX-License-Identifier: MIT
#pragma once

// The members of a COSI file, which is a tar archive (POSIX.1-1988 ustar, pax headers read).

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/fs/byte_source.hpp>

namespace imagewright::image::cosi {

inline constexpr std::size_t k_block = 512;
inline constexpr std::string_view k_marker = "cosi-marker";
inline constexpr std::string_view k_metadata = "metadata.json";

/// A regular file of the archive, and where its content is.
struct Member {
  std::string name;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;

  bool operator==(const Member&) const = default;
};

/// Whether the archive begins as COSI files do, with the marker or with the metadata.
bool is_cosi(const fs::ByteSource& file);

/// Up to the end of the archive. Throws base::Error (image.corrupt-cosi).
std::vector<Member> read_members(const fs::ByteSource& file, const std::string& name);

/// The block that stands before a member: nothing of the host and of the clock is in it.
std::vector<std::byte> member_header(std::string_view name, std::uint64_t size);

/// Throws base::Error (image.corrupt-cosi).
[[noreturn]] void throw_corrupt_cosi(const std::string& name, const std::string& what);

} // namespace imagewright::image::cosi
