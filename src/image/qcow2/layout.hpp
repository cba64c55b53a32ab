// SPDX-License-Identifier: MIT
#pragma once

// The structures of qcow2 (QEMU, docs/interop/qcow2.txt).

#include <cstdint>
#include <vector>

#include <imagewright/image/write_artifacts.hpp>

namespace imagewright::image {

constexpr std::uint32_t k_qcow2_magic = 0x514649FBU; // "QFI\xfb"
constexpr unsigned k_qcow2_default_cluster_bits = 16;
/// QEMU opens no image with a larger level 1 table.
constexpr std::uint64_t k_qcow2_largest_l1 = std::uint64_t{32} << 20U;
/// "Refcount is exactly one": in entries of both levels.
constexpr std::uint64_t k_qcow2_copied = std::uint64_t{1} << 63U;
constexpr std::uint64_t k_qcow2_compressed = std::uint64_t{1} << 62U;
constexpr std::uint64_t k_qcow2_zero = 1;
constexpr std::uint64_t k_qcow2_offset_mask = 0x00FFFFFFFFFFFE00U;
/// Incompatible feature bit 3: the compression type field says which one.
constexpr std::uint64_t k_qcow2_feature_compression = std::uint64_t{1} << 3U;

/// What follows from the size of a cluster.
struct Qcow2Geometry {
  unsigned cluster_bits = k_qcow2_default_cluster_bits;

  std::uint64_t cluster() const { return std::uint64_t{1} << cluster_bits; }
  std::uint64_t entries_per_table() const { return cluster() / 8; }
  std::uint64_t counts_per_block() const { return cluster() / 2; }
  /// Where an entry of a compressed cluster has the number of sectors; below is the offset.
  unsigned sectors_shift() const { return 62 - (cluster_bits - 8); }
  std::uint64_t round_up(std::uint64_t length) const {
    return (length + cluster() - 1) / cluster() * cluster();
  }
};

/// What the first cluster says.
struct Qcow2Header {
  Qcow2Geometry geometry;
  std::uint64_t disk_size = 0;
  std::uint32_t l1_entries = 0;
  std::uint64_t l1_offset = 0;
  std::uint64_t refcount_table_offset = 0;
  std::uint32_t refcount_table_clusters = 0;
  Compression compression = Compression::none;
};

std::vector<std::byte> make_qcow2_header(const Qcow2Header& header);

/// The level 2 entry of a compressed cluster of `length` bytes at `offset`.
std::uint64_t compressed_entry(const Qcow2Geometry& geometry, std::uint64_t offset,
                               std::uint64_t length);

/// Reference counts of the clusters of an image file.
class Qcow2Counts {
public:
  explicit Qcow2Counts(const Qcow2Geometry& geometry) : geometry_(geometry) {}

  /// Counts every cluster that the stretch touches once more.
  void add(std::uint64_t offset, std::uint64_t length);

  struct Tables {
    std::uint64_t offset = 0; ///< where `bytes` goes: the end of what was counted
    std::uint64_t table_offset = 0;
    std::uint32_t table_clusters = 0;
    std::vector<std::byte> bytes; ///< refcount blocks, then the refcount table
  };
  /// The tables for everything counted and for themselves.
  Tables finish();

private:
  Qcow2Geometry geometry_;
  std::vector<std::uint16_t> counts_;
};

} // namespace imagewright::image
