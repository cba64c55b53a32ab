// SPDX-License-Identifier: MIT
#include "image/qcow2/reader.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "image/big_endian.hpp"
#include "image/corrupt.hpp"
#include "image/disk_pieces.hpp"
#include "image/qcow2/cluster_codec.hpp"
#include "image/qcow2/layout.hpp"

namespace imagewright::image {

namespace {

constexpr std::uint64_t k_v2_header_size = 72;
constexpr std::uint64_t k_v3_header_size = 104;
constexpr std::uint32_t k_fewest_cluster_bits = 9;
constexpr std::uint32_t k_most_cluster_bits = 21;
// What QEMU accepts as well.
constexpr std::uint64_t k_largest_l1 = std::uint64_t{32} << 20U;
constexpr std::size_t k_cached_table_bytes = std::size_t{16} << 20U;
constexpr std::uint64_t k_feature_dirty = 1;
constexpr std::uint64_t k_feature_corrupt = 2;
constexpr std::uint64_t k_feature_data_file = 4;
constexpr std::uint64_t k_feature_subclusters = 16;

/// No stream of deflate makes more than 1032 bytes of one, and none of Zstandard more than 128 KiB
/// of a block of four.
constexpr std::uint64_t k_most_zlib_ratio = 1032;
constexpr std::uint64_t k_most_zstd_ratio = std::uint64_t{32} << 10U;

/// Which clusters of a file are in use. Few of a file with holes are: what it is large costs
/// nothing.
class ClaimedClusters {
public:
  /// False when it was claimed before.
  bool claim(std::uint64_t cluster) {
    constexpr std::uint64_t k_word = 64;
    std::uint64_t& word = words_[cluster / k_word];
    const std::uint64_t bit = std::uint64_t{1} << cluster % k_word;
    const bool is_new = (word & bit) == 0;
    word |= bit;
    return is_new;
  }

private:
  std::unordered_map<std::uint64_t, std::uint64_t> words_;
};

/// The fields of the header that matter for reading.
struct Header {
  std::uint64_t size = 0;
  std::uint32_t cluster_bits = 0;
  std::uint32_t l1_entries = 0;
  std::uint64_t l1_offset = 0;
  Compression compression = Compression::zlib;
};

class Qcow2Reader final : public ImageReader {
public:
  Qcow2Reader(const fs::ByteSource& file, std::string name)
      : file_(file), name_(std::move(name)), header_(read_header()),
        cluster_size_(std::uint64_t{1} << header_.cluster_bits),
        entries_per_table_(cluster_size_ / 8) {
    load_l1();
  }

  std::uint64_t size() const override { return header_.size; }
  model::ImageFormat format() const override { return model::ImageFormat::qcow2; }

  void read(std::uint64_t offset, std::span<std::byte> buffer) const override {
    check_range(*this, offset, buffer.size(), name_);
    read_in_pieces(offset, buffer, cluster_size_,
                   [this](std::uint64_t piece, std::uint64_t within, std::span<std::byte> part) {
                     read_in_cluster(piece, within, part);
                   });
  }

  std::vector<DiskExtent> data_extents() const override {
    std::vector<DiskExtent> extents;
    for_each_cluster([&](std::uint64_t start, std::uint64_t length, std::uint64_t /*entry*/) {
      append_extent(extents, DiskExtent{start, length});
    });
    return extents;
  }

  std::vector<StoredExtent> stored_extents() const override {
    std::vector<StoredExtent> extents;
    for_each_cluster([&](std::uint64_t start, std::uint64_t length, std::uint64_t entry) {
      if ((entry & k_qcow2_compressed) != 0) {
        append_extent(extents, StoredExtent{start, length, std::nullopt});
        return;
      }
      const std::uint64_t place = entry & k_qcow2_offset_mask;
      if (place % cluster_size_ != 0) corrupt("a cluster is not aligned");
      append_extent(extents, StoredExtent{start, std::min(length, file_.size() - place), place});
    });
    return extents;
  }

private:
  [[noreturn]] void corrupt(const std::string& what) const {
    throw_corrupt("image.corrupt-qcow2", name_, what);
  }

  /// Those that are not zeros: what they are of, and the entry.
  template <typename Visit>
  void for_each_cluster(const Visit& visit) const {
    std::set<std::uint64_t> seen;
    ClaimedClusters claimed = claimed_by_tables();
    std::vector<std::uint64_t> streams;
    for (std::uint64_t table = 0; table < l1_.size() / 8; ++table) {
      const std::uint64_t offset = l2_offset(table);
      if (offset == 0) continue;
      // A table that is used twice would let a small file claim an endless disk.
      if (!seen.insert(offset).second) corrupt("a level 2 table is used twice");
      claim(offset, claimed);
      const Bytes& entries = l2_table(offset);
      for (std::uint64_t index = 0; index < entries_per_table_; ++index) {
        const std::uint64_t start = (table * entries_per_table_ + index) * cluster_size_;
        if (start >= header_.size) break;
        const auto entry = get<std::uint64_t>(entries, index * 8);
        if (is_zero(entry)) continue;
        if ((entry & k_qcow2_compressed) == 0) {
          claim(entry & k_qcow2_offset_mask, claimed);
        } else {
          streams.push_back(place_of_stream(entry));
        }
        visit(start, std::min(cluster_size_, header_.size - start), entry);
      }
    }
    require_room_for(std::move(streams));
  }

  /// A stream that stands for many clusters, or within another one, would let a small file claim
  /// an endless disk.
  void require_room_for(std::vector<std::uint64_t> streams) const {
    const std::uint64_t ratio =
        header_.compression == Compression::zlib ? k_most_zlib_ratio : k_most_zstd_ratio;
    const std::uint64_t least = std::max<std::uint64_t>(cluster_size_ / ratio, 1);
    std::ranges::sort(streams);
    const auto shared = std::ranges::adjacent_find(
        streams, [&](std::uint64_t left, std::uint64_t right) { return right - left < least; });
    if (shared != streams.end()) corrupt("a compressed cluster is used twice");
  }

  /// Those of header and first table.
  ClaimedClusters claimed_by_tables() const {
    ClaimedClusters claimed;
    claimed.claim(0);
    const std::uint64_t end = header_.l1_offset + l1_.size();
    for (std::uint64_t at = header_.l1_offset; at < end; at += cluster_size_)
      claimed.claim(at / cluster_size_);
    return claimed;
  }

  /// Nothing but snapshots, which are not looked at, shares a cluster: an entry that points where
  /// something else is was damaged.
  void claim(std::uint64_t offset, ClaimedClusters& claimed) const {
    if (offset >= file_.size()) corrupt("a cluster is beyond its end");
    if (!claimed.claim(offset / cluster_size_)) corrupt("a cluster is used twice");
  }

  /// How many bits of an entry say where a compressed cluster begins.
  unsigned stream_bits() const { return 62 - (header_.cluster_bits - 8); }

  std::uint64_t place_of_stream(std::uint64_t entry) const {
    return entry & ((std::uint64_t{1} << stream_bits()) - 1);
  }

  Header read_header() const {
    if (file_.size() < k_v2_header_size) corrupt("it is shorter than its header");
    Bytes bytes(std::min<std::uint64_t>(file_.size(), 112));
    file_.read(0, bytes);
    const auto version = get<std::uint32_t>(bytes, 4);
    if (version != 2 && version != 3) throw_unsupported(name_, fmt::format("qcow{}", version));
    if (get<std::uint64_t>(bytes, 8) != 0) throw_unsupported(name_, "it has a backing file");
    if (get<std::uint32_t>(bytes, 32) != 0) throw_unsupported(name_, "it is encrypted");
    Header header{.size = get<std::uint64_t>(bytes, 24),
                  .cluster_bits = get<std::uint32_t>(bytes, 20),
                  .l1_entries = get<std::uint32_t>(bytes, 36),
                  .l1_offset = get<std::uint64_t>(bytes, 40)};
    if (header.cluster_bits < k_fewest_cluster_bits || header.cluster_bits > k_most_cluster_bits) {
      corrupt("its cluster size is impossible");
    }
    if (version == 3) read_features(bytes, header);
    return header;
  }

  void read_features(const Bytes& bytes, Header& header) const {
    if (bytes.size() < k_v3_header_size) corrupt("it is shorter than its header");
    const auto features = get<std::uint64_t>(bytes, 72);
    if ((features & k_feature_corrupt) != 0) corrupt("it is marked as corrupt");
    if ((features & k_feature_data_file) != 0)
      throw_unsupported(name_, "its data is in another file (data_file)");
    if ((features & k_feature_subclusters) != 0)
      throw_unsupported(name_, "its clusters have parts (extended_l2)");
    if ((features & ~(k_feature_dirty | k_qcow2_feature_compression)) != 0) {
      throw_unsupported(name_, fmt::format("it uses unknown features ({:#x})", features));
    }
    const auto length = get<std::uint32_t>(bytes, 100);
    if (length < k_v3_header_size || length > std::uint64_t{1} << header.cluster_bits)
      corrupt("its header has an impossible size");
    const bool has_type = length > 104 && bytes.size() > 104;
    const auto type = has_type ? std::to_integer<unsigned>(bytes[104]) : 0U;
    if (type > 1) throw_unsupported(name_, "its compression is unknown");
    header.compression = type == 1 ? Compression::zstd : Compression::zlib;
  }

  void load_l1() {
    const std::uint64_t bytes = std::uint64_t{header_.l1_entries} * 8;
    const std::uint64_t per_entry = entries_per_table_ * cluster_size_;
    const std::uint64_t needed = header_.size / per_entry + (header_.size % per_entry != 0 ? 1 : 0);
    if (bytes > k_largest_l1 || header_.l1_entries < needed) {
      corrupt("its level 1 table has an impossible size");
    }
    if (header_.l1_offset > file_.size() || bytes > file_.size() - header_.l1_offset) {
      corrupt("its level 1 table is beyond its end");
    }
    l1_.resize(needed * 8);
    file_.read(header_.l1_offset, l1_);
  }

  std::uint64_t l2_offset(std::uint64_t table) const {
    const std::uint64_t offset = get<std::uint64_t>(l1_, table * 8) & k_qcow2_offset_mask;
    if (offset % cluster_size_ != 0) corrupt("a level 2 table is not aligned");
    return offset;
  }

  const Bytes& l2_table(std::uint64_t offset) const {
    if (const auto known = tables_.find(offset); known != tables_.end()) return known->second;
    if (offset > file_.size() || cluster_size_ > file_.size() - offset) {
      corrupt("a level 2 table is beyond its end");
    }
    if ((tables_.size() + 1) * cluster_size_ > k_cached_table_bytes) tables_.clear();
    Bytes table(cluster_size_);
    file_.read(offset, table);
    return tables_.emplace(offset, std::move(table)).first->second;
  }

  static bool is_zero(std::uint64_t entry) {
    if ((entry & k_qcow2_compressed) != 0) return false;
    return (entry & k_qcow2_zero) != 0 || (entry & k_qcow2_offset_mask) == 0;
  }

  void read_in_cluster(std::uint64_t cluster, std::uint64_t within,
                       std::span<std::byte> buffer) const {
    const std::uint64_t table = l2_offset(cluster / entries_per_table_);
    const std::uint64_t entry =
        table == 0 ? 0 : get<std::uint64_t>(l2_table(table), cluster % entries_per_table_ * 8);
    if (is_zero(entry)) {
      std::fill(buffer.begin(), buffer.end(), std::byte{0});
    } else if ((entry & k_qcow2_compressed) != 0) {
      const Bytes& expanded = expand(entry);
      std::copy_n(expanded.begin() + static_cast<std::ptrdiff_t>(within), buffer.size(),
                  buffer.begin());
    } else {
      read_plain((entry & k_qcow2_offset_mask), within, buffer);
    }
  }

  void read_plain(std::uint64_t offset, std::uint64_t within, std::span<std::byte> buffer) const {
    if (offset % cluster_size_ != 0) corrupt("a cluster is not aligned");
    if (offset >= file_.size()) corrupt("a cluster is beyond its end");
    // The last cluster of a file may be cut off: what is missing is zeros.
    const std::uint64_t available =
        file_.size() - offset > within ? file_.size() - offset - within : 0;
    const auto present = std::min<std::uint64_t>(buffer.size(), available);
    file_.read(offset + within, buffer.first(present));
    std::fill(buffer.begin() + static_cast<std::ptrdiff_t>(present), buffer.end(), std::byte{0});
  }

  const Bytes& expand(std::uint64_t entry) const {
    if (expanded_entry_ == entry) return expanded_;
    const std::uint64_t offset = place_of_stream(entry);
    const std::uint64_t sectors =
        ((entry & ~(k_qcow2_compressed | k_qcow2_copied)) >> stream_bits()) + 1;
    if (offset >= file_.size()) corrupt("a compressed cluster is beyond its end");
    Bytes compressed(std::min(sectors * 512 - offset % 512, file_.size() - offset));
    file_.read(offset, compressed);
    expanded_entry_ = 0;
    expanded_.resize(cluster_size_);
    if (!expand_cluster(compressed, header_.compression, expanded_)) {
      corrupt("a compressed cluster cannot be expanded");
    }
    expanded_entry_ = entry;
    return expanded_;
  }

  const fs::ByteSource& file_;
  std::string name_;
  Header header_;
  std::uint64_t cluster_size_;
  std::uint64_t entries_per_table_;
  Bytes l1_;
  mutable std::map<std::uint64_t, Bytes> tables_;
  mutable std::uint64_t expanded_entry_ = 0;
  mutable Bytes expanded_;
};

} // namespace

std::unique_ptr<ImageReader> open_qcow2(const fs::ByteSource& file, const std::string& name) {
  return std::make_unique<Qcow2Reader>(file, name);
}

} // namespace imagewright::image
