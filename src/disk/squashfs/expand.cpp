// SPDX-License-Identifier: MIT
#include "disk/squashfs/expand.hpp"

#include <string>

#include <lzma.h>

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <imagewright/base/error.hpp>

namespace imagewright::disk {

namespace {

/// XZ says itself how much it needs: more than any block can use is not given.
constexpr std::uint64_t k_xz_memory = std::uint64_t{64} << 20U;

[[noreturn]] void cannot_expand() {
  throw_corrupt_squashfs("a compressed block cannot be expanded");
}

Bytes inflated(std::span<const std::byte> stored, std::size_t most) {
  Bytes plain(most);
  uLongf size = plain.size();
  const int code = ::uncompress(reinterpret_cast<Bytef*>(plain.data()), &size,
                                reinterpret_cast<const Bytef*>(stored.data()),
                                static_cast<uLong>(stored.size()));
  if (code != Z_OK) cannot_expand();
  plain.resize(size);
  return plain;
}

Bytes unxz(std::span<const std::byte> stored, std::size_t most) {
  Bytes plain(most);
  std::uint64_t memory = k_xz_memory;
  std::size_t from = 0;
  std::size_t size = 0;
  const lzma_ret code = lzma_stream_buffer_decode(
      &memory, 0, nullptr, reinterpret_cast<const std::uint8_t*>(stored.data()), &from,
      stored.size(), reinterpret_cast<std::uint8_t*>(plain.data()), &size, plain.size());
  if (code != LZMA_OK) cannot_expand();
  plain.resize(size);
  return plain;
}

Bytes unzstd(std::span<const std::byte> stored, std::size_t most) {
  Bytes plain(most);
  const std::size_t size =
      ZSTD_decompress(plain.data(), plain.size(), stored.data(), stored.size());
  if (ZSTD_isError(size) != 0) cannot_expand();
  plain.resize(size);
  return plain;
}

std::string_view name_of(SquashfsCompression compression) {
  switch (compression) {
  case SquashfsCompression::lzma:
    return "LZMA";
  case SquashfsCompression::lzo:
    return "LZO";
  case SquashfsCompression::lz4:
    return "LZ4";
  case SquashfsCompression::zlib:
  case SquashfsCompression::xz:
  case SquashfsCompression::zstd:
    return "";
  }
  throw_corrupt_squashfs("it is compressed in an unknown way");
}

} // namespace

void require_squashfs_compression(SquashfsCompression compression) {
  const std::string_view name = name_of(compression);
  if (name.empty()) return;
  throw base::Error(
      base::FailureKind::input, "disk.feature-unsupported",
      fmt::format("the SquashFS filesystem is compressed with {}, which is not read here", name),
      "make it again with Zstandard, gzip or XZ");
}

Bytes squashfs_expanded(SquashfsCompression compression, std::span<const std::byte> stored,
                        std::size_t most) {
  switch (compression) {
  case SquashfsCompression::zlib:
    return inflated(stored, most);
  case SquashfsCompression::xz:
    return unxz(stored, most);
  case SquashfsCompression::zstd:
    return unzstd(stored, most);
  case SquashfsCompression::lzma:
  case SquashfsCompression::lzo:
  case SquashfsCompression::lz4:
    break;
  }
  throw base::BugError("a compression was let through");
}

void throw_corrupt_squashfs(const std::string& what) {
  throw base::Error(base::FailureKind::verification, "disk.corrupt-filesystem",
                    fmt::format("the SquashFS filesystem is damaged: {}", what),
                    "look at it with \"unsquashfs -ll\", and copy or make the image again");
}

} // namespace imagewright::disk
