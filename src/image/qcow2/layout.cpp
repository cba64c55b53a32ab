// SPDX-License-Identifier: MIT
#include "image/qcow2/layout.hpp"

#include <algorithm>

#include "image/big_endian.hpp"

namespace imagewright::image {

namespace {

constexpr std::uint32_t k_refcount_order = 4; // 16 bits
constexpr std::uint32_t k_header_length = 112;

} // namespace

std::vector<std::byte> make_qcow2_header(const Qcow2Header& header) {
  Bytes bytes(header.geometry.cluster());
  put(bytes, 0, k_qcow2_magic);
  put(bytes, 4, std::uint32_t{3}); // version
  put(bytes, 20, std::uint32_t{header.geometry.cluster_bits});
  put(bytes, 24, header.disk_size);
  put(bytes, 36, header.l1_entries);
  put(bytes, 40, header.l1_offset);
  put(bytes, 48, header.refcount_table_offset);
  put(bytes, 56, header.refcount_table_clusters);
  const bool is_zstd = header.compression == Compression::zstd;
  put(bytes, 72, is_zstd ? k_qcow2_feature_compression : std::uint64_t{0});
  put(bytes, 96, k_refcount_order);
  put(bytes, 100, k_header_length);
  put(bytes, 104, static_cast<std::uint8_t>(is_zstd ? 1 : 0)); // compression type
  // Header extensions would follow; eight zero bytes end the list.
  return bytes;
}

std::uint64_t compressed_entry(const Qcow2Geometry& geometry, std::uint64_t offset,
                               std::uint64_t length) {
  const std::uint64_t additional_sectors = (offset + length - 1) / 512 - offset / 512;
  return k_qcow2_compressed | additional_sectors << geometry.sectors_shift() | offset;
}

void Qcow2Counts::add(std::uint64_t offset, std::uint64_t length) {
  if (length == 0) return;
  const std::uint64_t cluster_size = geometry_.cluster();
  const std::uint64_t last = (offset + length - 1) / cluster_size;
  if (counts_.size() <= last) counts_.resize(last + 1);
  for (std::uint64_t cluster = offset / cluster_size; cluster <= last; ++cluster) {
    ++counts_[cluster];
  }
}

Qcow2Counts::Tables Qcow2Counts::finish() {
  const std::uint64_t cluster_size = geometry_.cluster();
  const std::uint64_t counted = counts_.size();
  std::uint64_t blocks = 0;
  std::uint64_t table = 0;
  // The tables count themselves: a few rounds until they cover what they add.
  for (std::uint64_t total = counted;;) {
    blocks = (total + geometry_.counts_per_block() - 1) / geometry_.counts_per_block();
    table = (blocks + geometry_.entries_per_table() - 1) / geometry_.entries_per_table();
    if (total == counted + blocks + table) break;
    total = counted + blocks + table;
  }
  Tables tables{.offset = counted * cluster_size,
                .table_offset = (counted + blocks) * cluster_size,
                .table_clusters = static_cast<std::uint32_t>(table),
                .bytes = Bytes((blocks + table) * cluster_size)};
  add(tables.offset, tables.bytes.size());
  for (std::size_t cluster = 0; cluster < counts_.size(); ++cluster) {
    put(tables.bytes, cluster * 2, counts_[cluster]);
  }
  for (std::uint64_t block = 0; block < blocks; ++block) {
    put(tables.bytes, blocks * cluster_size + block * 8, tables.offset + block * cluster_size);
  }
  return tables;
}

} // namespace imagewright::image
