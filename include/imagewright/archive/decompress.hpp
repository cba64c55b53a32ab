// SPDX-License-Identifier: MIT
#pragma once

// Compressed streams as plain ones: gzip, zstd, xz and bzip2, told apart by their content.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <imagewright/base/byte_size.hpp>

namespace imagewright::archive {

enum class Compression : std::uint8_t { none, gzip, zstd, xz, bzip2 };

/// "none", "gzip", "zstd", "xz", "bzip2"
std::string_view to_string(Compression compression);

/// What the first bytes of a file (six are enough) say.
Compression detect_compression(std::span<const std::byte> head);

/// Receives the plain content piece by piece. What it throws ends the work.
using Sink = std::function<void(std::span<const std::byte> piece)>;

/// Does not prove that content is authentic (the check value of gzip is not compared): verify a
/// digest for that. Hands the plain content of `source` to `sink`; a file that is not compressed is
/// passed on as it is. Throws base::Error: archive.damaged when the stream is cut off or not what
/// it claims to be, archive.too-large when the content exceeds `limit`.
void decompress(const std::filesystem::path& source, base::ByteSize limit, const Sink& sink);

/// The same from a descriptor at its current position; `name` is for messages.
void decompress(int fd, const std::string& name, base::ByteSize limit, const Sink& sink);

/// Writes the plain content to `target`, which appears only when it is whole.
void decompress_file(const std::filesystem::path& source, const std::filesystem::path& target,
                     base::ByteSize limit);

/// The plain content as text.
std::string decompressed_text(const std::filesystem::path& source, base::ByteSize limit);

} // namespace imagewright::archive
