// SPDX-License-Identifier: MIT
#include "image/qcow2/cluster_codec.hpp"

#include <memory>

#include <zlib.h>
#include <zstd.h>

#include <imagewright/base/error.hpp>

namespace imagewright::image {

namespace {

// Raw deflate with a window of 4 KiB: readers reserve no more.
constexpr int k_window_bits = -12;
constexpr int k_zlib_level = 6;
constexpr int k_zstd_level = 3;
constexpr int k_zlib_memory_level = 8;

Bytef* mutable_bytes(std::span<const std::byte> data) {
  // zlib's input pointer is not const unless it is asked to be; it does not write there.
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(data.data()));
}

std::vector<std::byte> deflate_cluster(std::span<const std::byte> cluster, int level) {
  z_stream stream{};
  if (deflateInit2(&stream, level, Z_DEFLATED, k_window_bits, k_zlib_memory_level,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    throw base::BugError("zlib cannot start");
  }
  std::vector<std::byte> result(cluster.size());
  stream.next_in = mutable_bytes(cluster);
  stream.avail_in = static_cast<uInt>(cluster.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  const int code = deflate(&stream, Z_FINISH);
  const std::size_t length = result.size() - stream.avail_out;
  deflateEnd(&stream);
  result.resize(code == Z_STREAM_END && length < cluster.size() ? length : 0);
  return result;
}

std::vector<std::byte> zstd_cluster(std::span<const std::byte> cluster, int level) {
  std::vector<std::byte> result(ZSTD_compressBound(cluster.size()));
  const std::size_t length =
      ZSTD_compress(result.data(), result.size(), cluster.data(), cluster.size(), level);
  result.resize(ZSTD_isError(length) == 0 && length < cluster.size() ? length : 0);
  return result;
}

bool inflate_cluster(std::span<const std::byte> compressed, std::span<std::byte> cluster) {
  z_stream stream{};
  if (inflateInit2(&stream, k_window_bits) != Z_OK) throw base::BugError("zlib cannot start");
  stream.next_in = mutable_bytes(compressed);
  stream.avail_in = static_cast<uInt>(compressed.size());
  stream.next_out = reinterpret_cast<Bytef*>(cluster.data());
  stream.avail_out = static_cast<uInt>(cluster.size());
  const int code = inflate(&stream, Z_FINISH);
  // The last sector may hold bytes of the next cluster: the output is full before the input ends.
  const bool is_whole = stream.avail_out == 0 && (code == Z_STREAM_END || code == Z_BUF_ERROR);
  inflateEnd(&stream);
  return is_whole;
}

struct DecompressorCloser {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

bool unzstd_cluster(std::span<const std::byte> compressed, std::span<std::byte> cluster) {
  const std::unique_ptr<ZSTD_DCtx, DecompressorCloser> context(ZSTD_createDCtx());
  ZSTD_inBuffer input{compressed.data(), compressed.size(), 0};
  ZSTD_outBuffer output{cluster.data(), cluster.size(), 0};
  while (output.pos < output.size) {
    const std::size_t before = input.pos + output.pos;
    const std::size_t code = ZSTD_decompressStream(context.get(), &output, &input);
    if (ZSTD_isError(code) != 0) return false;
    if (input.pos + output.pos == before) return false;
  }
  return true;
}

} // namespace

std::vector<std::byte> compress_cluster(std::span<const std::byte> cluster, Compression compression,
                                        std::optional<std::int32_t> level) {
  switch (compression) {
  case Compression::none:
    return {};
  case Compression::zlib:
    return deflate_cluster(cluster, level.value_or(k_zlib_level));
  case Compression::zstd:
    return zstd_cluster(cluster, level.value_or(k_zstd_level));
  }
  return {};
}

bool expand_cluster(std::span<const std::byte> compressed, Compression compression,
                    std::span<std::byte> cluster) {
  switch (compression) {
  case Compression::none:
    return false;
  case Compression::zlib:
    return inflate_cluster(compressed, cluster);
  case Compression::zstd:
    return unzstd_cluster(compressed, cluster);
  }
  return false;
}

} // namespace imagewright::image
