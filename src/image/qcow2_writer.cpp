// SPDX-License-Identifier: MIT
#include "qcow2_writer.hpp"

#include <algorithm>
#include <future>

#include <fmt/format.h>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/error.hpp>

#include "big_endian.hpp"
#include "cluster_codec.hpp"
#include "qcow2_layout.hpp"

namespace imagewright::image {

namespace {

static_assert(k_unit_size == k_qcow2_cluster);

constexpr std::size_t k_clusters_per_batch = 256;
// What is left of an offset in an entry of a compressed cluster.
constexpr std::uint64_t k_largest_file = std::uint64_t{1} << 53U;

class Qcow2Writer {
public:
  Qcow2Writer(OutputFile& file, const SourceDisk& disk, const base::Cancellation& cancellation)
      : file_(file), disk_(disk), cancellation_(cancellation) {
    const std::uint64_t l2_count =
        (disk.unit_count() + k_qcow2_entries_per_table - 1) / k_qcow2_entries_per_table;
    l1_.resize(round_up(l2_count * 8));
    header_.disk_size = disk.size();
    header_.l1_entries = static_cast<std::uint32_t>(l2_count);
    header_.l1_offset = k_qcow2_cluster;
    position_ = k_qcow2_cluster + l1_.size();
    tables_start_ = position_;
    for (std::uint64_t table = 0; table < l2_count; ++table) {
      if (!disk.is_any_stored(table * k_qcow2_entries_per_table, k_qcow2_entries_per_table)) {
        continue;
      }
      put(l1_, table * 8, position_ | k_qcow2_copied);
      position_ += k_qcow2_cluster;
    }
    l2_.resize(position_ - tables_start_);
    counts_.add(0, position_);
  }

  void copy_plain() {
    for (std::uint64_t unit = 0; unit < disk_.unit_count();) {
      if (!disk_.is_stored(unit)) {
        ++unit;
        continue;
      }
      std::uint64_t end = unit;
      for (; end < disk_.unit_count() && disk_.is_stored(end); ++end) {
        set_entry(end, (position_ + (end - unit) * k_qcow2_cluster) | k_qcow2_copied);
      }
      const std::uint64_t start = unit * k_qcow2_cluster;
      const std::uint64_t length = std::min(end * k_qcow2_cluster, disk_.size()) - start;
      file_.copy(disk_, start, position_, length, cancellation_);
      counts_.add(position_, length);
      position_ += round_up(length);
      unit = end;
    }
  }

  void copy_compressed(Compression compression, unsigned thread_count) {
    header_.compression = compression;
    std::vector<std::uint64_t> batch;
    for (std::uint64_t unit = 0; unit < disk_.unit_count(); ++unit) {
      if (disk_.is_stored(unit)) batch.push_back(unit);
      const bool is_last = unit + 1 == disk_.unit_count();
      if (batch.size() < k_clusters_per_batch && !is_last) continue;
      cancellation_.check();
      for (const Compressed& each : compress(batch, compression, thread_count))
        append(each);
      batch.clear();
    }
  }

  void finish() {
    auto counts = counts_.finish();
    file_.write(counts.offset, counts.bytes);
    header_.refcount_table_offset = counts.table_offset;
    header_.refcount_table_clusters = counts.table_clusters;
    file_.write(0, make_qcow2_header(header_));
    file_.write(header_.l1_offset, l1_);
    file_.write(tables_start_, l2_);
    file_.set_size(counts.offset + counts.bytes.size());
  }

private:
  struct Compressed {
    std::uint64_t unit = 0;
    bool is_compressed = false;
    Bytes bytes;
  };

  static std::uint64_t round_up(std::uint64_t length) {
    return (length + k_qcow2_cluster - 1) / k_qcow2_cluster * k_qcow2_cluster;
  }

  void set_entry(std::uint64_t unit, std::uint64_t entry) {
    const std::uint64_t table =
        get<std::uint64_t>(l1_, unit / k_qcow2_entries_per_table * 8) & k_qcow2_offset_mask;
    put(l2_, table - tables_start_ + unit % k_qcow2_entries_per_table * 8, entry);
  }

  // Every thread takes each n-th cluster; results stand in the order of the disk.
  std::vector<Compressed> compress(const std::vector<std::uint64_t>& units, Compression compression,
                                   unsigned thread_count) const {
    std::vector<Compressed> results(units.size());
    const std::size_t workers = std::max(1U, thread_count);
    const auto work = [&](std::size_t worker) {
      for (std::size_t index = worker; index < units.size(); index += workers) {
        Bytes cluster(k_qcow2_cluster);
        disk_.read(units[index] * k_qcow2_cluster, cluster);
        Bytes smaller = compress_cluster(cluster, compression);
        const bool is_compressed = !smaller.empty();
        results[index] = {units[index], is_compressed,
                          is_compressed ? std::move(smaller) : std::move(cluster)};
      }
    };
    std::vector<std::future<void>> running;
    for (std::size_t worker = 1; worker < workers; ++worker) {
      running.push_back(std::async(std::launch::async, work, worker));
    }
    work(0);
    for (auto& each : running)
      each.get();
    return results;
  }

  void append(const Compressed& cluster) {
    if (!cluster.is_compressed) position_ = round_up(position_);
    if (position_ >= k_largest_file) {
      throw base::Error(base::FailureKind::build, "image.size-unsupported",
                        "the qcow2 file becomes too large", "choose another format");
    }
    file_.write(position_, cluster.bytes);
    counts_.add(position_, cluster.bytes.size());
    set_entry(cluster.unit, cluster.is_compressed
                                ? compressed_entry(position_, cluster.bytes.size())
                                : position_ | k_qcow2_copied);
    position_ += cluster.bytes.size();
  }

  OutputFile& file_;
  const SourceDisk& disk_;
  const base::Cancellation& cancellation_;
  Qcow2Header header_;
  Qcow2Counts counts_;
  Bytes l1_;
  Bytes l2_; ///< all level 2 tables, one after the other
  std::uint64_t tables_start_ = 0;
  std::uint64_t position_ = 0;
};

} // namespace

void write_qcow2(OutputFile& file, const SourceDisk& disk, Compression compression,
                 unsigned thread_count, const base::Cancellation& cancellation) {
  Qcow2Writer writer(file, disk, cancellation);
  if (compression == Compression::none) {
    writer.copy_plain();
  } else {
    writer.copy_compressed(compression, thread_count);
  }
  writer.finish();
}

} // namespace imagewright::image
