// SPDX-License-Identifier: MIT
#include "image/qcow2/writer.hpp"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/parallel_for.hpp>

#include "image/big_endian.hpp"
#include "image/qcow2/cluster_codec.hpp"
#include "image/qcow2/layout.hpp"

namespace imagewright::image {

namespace {

/// As much as is read before it is compressed.
constexpr std::uint64_t k_batch_size = std::uint64_t{16} << 20U;
/// What an entry of either level has room for.
constexpr std::uint64_t k_largest_offset = std::uint64_t{1} << 56U;

Qcow2Geometry geometry_of(const ArtifactOutput& output) {
  if (!output.cluster_size) return {};
  return {.cluster_bits = static_cast<unsigned>(std::countr_zero(*output.cluster_size))};
}

class Qcow2Writer {
public:
  Qcow2Writer(OutputFile& file, const SourceDisk& disk, const ArtifactOutput& output,
              const base::Cancellation& cancellation)
      : file_(file), disk_(disk), output_(output), cancellation_(cancellation),
        geometry_(geometry_of(output)), counts_(geometry_) {
    cluster_count_ = (disk.size() + geometry_.cluster() - 1) / geometry_.cluster();
    const std::uint64_t entries = geometry_.entries_per_table();
    const std::uint64_t l2_count = (cluster_count_ + entries - 1) / entries;
    if (l2_count * 8 > k_qcow2_largest_l1) {
      throw base::Error(base::FailureKind::build, "image.size-unsupported",
                        fmt::format("a qcow2 with clusters of {} cannot hold a disk of {}",
                                    base::to_string(base::ByteSize(geometry_.cluster())),
                                    base::to_string(base::ByteSize(disk.size()))),
                        "use a larger clusterSize");
    }
    l1_.resize(geometry_.round_up(l2_count * 8));
    header_.geometry = geometry_;
    header_.disk_size = disk.size();
    header_.l1_entries = static_cast<std::uint32_t>(l2_count);
    header_.l1_offset = geometry_.cluster();
    position_ = geometry_.cluster() + l1_.size();
    tables_start_ = position_;
    for (std::uint64_t table = 0; table < l2_count; ++table) {
      if (!is_any_stored(table * entries * geometry_.cluster(), entries * geometry_.cluster()))
        continue;
      put(l1_, table * 8, position_ | k_qcow2_copied);
      position_ += geometry_.cluster();
    }
    l2_.resize(position_ - tables_start_);
    counts_.add(0, position_);
  }

  /// In the order of the file: everything in front of the clusters is known before them.
  void copy_plain() {
    const std::vector<Run> runs = place_plain();
    const auto counts = counts_.finish();
    write_tables(counts);
    for (const Run& run : runs)
      file_.copy(disk_, run.start, run.place, run.length, cancellation_);
    write_counts(counts);
  }

  void copy_compressed(unsigned thread_count) {
    header_.compression = output_.compression;
    file_.digest_afterwards();
    const std::uint64_t batch_size = k_batch_size / geometry_.cluster();
    std::vector<std::uint64_t> batch;
    for (std::uint64_t cluster = next_stored(0); cluster < cluster_count_;) {
      batch.push_back(cluster);
      cluster = next_stored(cluster + 1);
      if (batch.size() < batch_size && cluster < cluster_count_) continue;
      for (const Compressed& each : compress(batch, thread_count))
        append(each);
      batch.clear();
    }
    const auto counts = counts_.finish();
    write_counts(counts);
    write_tables(counts);
  }

private:
  /// Bytes of the disk that stand in one piece in the file.
  struct Run {
    std::uint64_t start = 0;
    std::uint64_t place = 0;
    std::uint64_t length = 0;
  };

  std::vector<Run> place_plain() {
    std::vector<Run> runs;
    for (std::uint64_t cluster = 0; cluster < cluster_count_;) {
      cluster = next_stored(cluster);
      if (cluster >= cluster_count_) break;
      std::uint64_t end = cluster;
      for (; end < cluster_count_ && is_stored(end); ++end) {
        set_entry(end, (position_ + (end - cluster) * geometry_.cluster()) | k_qcow2_copied);
      }
      const std::uint64_t start = cluster * geometry_.cluster();
      const std::uint64_t length = std::min(end * geometry_.cluster(), disk_.size()) - start;
      runs.push_back({start, position_, length});
      counts_.add(position_, length);
      position_ += geometry_.round_up(length);
      cluster = end;
    }
    return runs;
  }

  void write_tables(const Qcow2Counts::Tables& counts) {
    header_.refcount_table_offset = counts.table_offset;
    header_.refcount_table_clusters = counts.table_clusters;
    file_.write(0, make_qcow2_header(header_));
    file_.write(header_.l1_offset, l1_);
    file_.write(tables_start_, l2_);
  }

  void write_counts(const Qcow2Counts::Tables& counts) {
    file_.write(counts.offset, counts.bytes);
    file_.set_size(counts.offset + counts.bytes.size());
  }

  struct Compressed {
    std::uint64_t number = 0;
    bool is_compressed = false;
    Bytes bytes;
  };

  bool is_any_stored(std::uint64_t start, std::uint64_t length) const {
    const std::uint64_t first = start / k_unit_size;
    return disk_.is_any_stored(first, (start + length - 1) / k_unit_size - first + 1);
  }

  /// The first cluster from this one on that is not all zeros; at least the number of clusters
  /// when there is none.
  std::uint64_t next_stored(std::uint64_t cluster) const {
    const std::uint64_t start = cluster * geometry_.cluster();
    const std::uint64_t unit = disk_.next_stored(start / k_unit_size);
    if (unit >= disk_.unit_count()) return cluster_count_;
    return std::max(cluster, unit * k_unit_size / geometry_.cluster());
  }

  bool is_stored(std::uint64_t cluster) const {
    return is_any_stored(cluster * geometry_.cluster(), geometry_.cluster());
  }

  void set_entry(std::uint64_t cluster, std::uint64_t entry) {
    const std::uint64_t entries = geometry_.entries_per_table();
    const std::uint64_t table =
        get<std::uint64_t>(l1_, cluster / entries * 8) & k_qcow2_offset_mask;
    put(l2_, table - tables_start_ + cluster % entries * 8, entry);
  }

  /// Results stand in the order of the disk.
  std::vector<Compressed> compress(const std::vector<std::uint64_t>& clusters,
                                   unsigned thread_count) const {
    std::vector<Compressed> results(clusters.size());
    base::parallel_for(clusters.size(), thread_count, cancellation_, [&](std::size_t index) {
      Bytes cluster(geometry_.cluster());
      disk_.read(clusters[index] * geometry_.cluster(), cluster);
      Bytes smaller = compress_cluster(cluster, output_.compression, output_.level);
      const bool is_compressed = !smaller.empty();
      results[index] = {clusters[index], is_compressed,
                        is_compressed ? std::move(smaller) : std::move(cluster)};
    });
    return results;
  }

  void append(const Compressed& cluster) {
    if (!cluster.is_compressed) position_ = geometry_.round_up(position_);
    const std::uint64_t beyond = std::uint64_t{1} << geometry_.sectors_shift();
    if (position_ >= std::min(beyond, k_largest_offset)) {
      throw base::Error(base::FailureKind::build, "image.size-unsupported",
                        "the qcow2 file becomes too large", "choose another format");
    }
    file_.write(position_, cluster.bytes);
    counts_.add(position_, cluster.bytes.size());
    set_entry(cluster.number, cluster.is_compressed
                                  ? compressed_entry(geometry_, position_, cluster.bytes.size())
                                  : position_ | k_qcow2_copied);
    position_ += cluster.bytes.size();
  }

  OutputFile& file_;
  const SourceDisk& disk_;
  const ArtifactOutput& output_;
  const base::Cancellation& cancellation_;
  Qcow2Geometry geometry_;
  std::uint64_t cluster_count_ = 0;
  Qcow2Header header_;
  Qcow2Counts counts_;
  Bytes l1_;
  Bytes l2_; ///< all level 2 tables, one after the other
  std::uint64_t tables_start_ = 0;
  std::uint64_t position_ = 0;
};

} // namespace

void write_qcow2(OutputFile& file, const SourceDisk& disk, const ArtifactOutput& output,
                 unsigned thread_count, const base::Cancellation& cancellation) {
  Qcow2Writer writer(file, disk, output, cancellation);
  if (output.compression == Compression::none) {
    writer.copy_plain();
  } else {
    writer.copy_compressed(thread_count);
  }
}

} // namespace imagewright::image
