// SPDX-License-Identifier: MIT
#include "image/vhdx/log.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include <imagewright/base/guid.hpp>

#include "image/corrupt.hpp"
#include "image/vhdx/layout.hpp"

namespace imagewright::image {

namespace {

using namespace vhdx;

// [MS-VHDX] 2.3.1: entries of whole sectors, which begin with a header and descriptors.
constexpr std::uint64_t k_sector = 4096;
constexpr std::string_view k_entry_signature = "loge";
constexpr std::string_view k_zero_signature = "zero";
constexpr std::string_view k_data_signature = "desc";
constexpr std::string_view k_sector_signature = "data";
constexpr std::size_t k_entry_header = 64;
constexpr std::size_t k_descriptor = 32;
constexpr std::size_t k_leading = 8;
constexpr std::size_t k_trailing = 4;
constexpr std::uint64_t k_largest_log = 16 * k_mib;

std::string_view signature_at(std::span<const std::byte> bytes, std::uint64_t offset) {
  return base::as_text(bytes.subspan(offset, 4));
}

/// One entry whose checksum is right.
struct Entry {
  Bytes bytes;
  std::uint64_t length = 0;
  std::uint64_t tail = 0;
  std::uint64_t sequence = 0;
  std::uint32_t descriptor_count = 0;
  std::uint64_t flushed_size = 0;
  std::uint64_t last_size = 0;
};

} // namespace

class VhdxLog {
public:
  VhdxLog(const fs::ByteSource& file, const VhdxLogPlace& place, const std::string& name)
      : file_(file), place_(place), name_(name) {
    if (place.length == 0 || place.length % k_mib != 0 || place.offset % k_mib != 0 ||
        place.offset < k_mib || !is_inside(file, place.offset, place.length)) {
      corrupt("its log is where it cannot be");
    }
    if (place.length > k_largest_log) throw_unsupported(name, "its log is too large");
  }

  void replay_into(ReplayedVhdx& replayed) {
    const std::vector<const Entry*> active = find_active();
    if (active.empty()) corrupt("no entry of its log is valid");
    if (active.back()->flushed_size > file_.size()) corrupt("it was cut off");
    for (const Entry* entry : active)
      apply(*entry, replayed);
    replayed.size_ = std::max(replayed.size_, active.back()->last_size);
  }

private:
  [[noreturn]] void corrupt(const std::string& what) const {
    throw_corrupt("image.corrupt-vhdx", name_, what);
  }

  /// The log is a circle.
  Bytes read_around(std::uint64_t start, std::uint64_t length) const {
    Bytes bytes(length);
    const std::uint64_t first = std::min(length, place_.length - start);
    file_.read(place_.offset + start, std::span(bytes).first(first));
    if (first < length) file_.read(place_.offset, std::span(bytes).subspan(first));
    return bytes;
  }

  std::optional<Entry> read_entry(std::uint64_t start) const {
    const Bytes head = read_around(start, k_sector);
    if (signature_at(head, 0) != k_entry_signature) return std::nullopt;
    Entry entry{.bytes = {},
                .length = get<std::uint32_t>(head, 8),
                .tail = get<std::uint32_t>(head, 12),
                .sequence = get<std::uint64_t>(head, 16),
                .descriptor_count = get<std::uint32_t>(head, 24),
                .flushed_size = get<std::uint64_t>(head, 48),
                .last_size = get<std::uint64_t>(head, 56)};
    const bool is_possible = entry.length >= k_sector && entry.length % k_sector == 0 &&
                             entry.length <= place_.length && entry.sequence != 0 &&
                             base::get_guid(head, 32) == place_.guid &&
                             entry.descriptor_count <= entry.length / k_descriptor;
    if (!is_possible) return std::nullopt;
    entry.bytes = read_around(start, entry.length);
    if (get<std::uint32_t>(entry.bytes, k_checksum) != checksum(entry.bytes)) return std::nullopt;
    return entry;
  }

  const std::optional<Entry>& entry_at(std::uint64_t start) {
    const auto known = entries_.find(start);
    if (known != entries_.end()) return known->second;
    return entries_.emplace(start, read_entry(start)).first->second;
  }

  /// Section 2.3.2: of all rows of entries that follow each other and whose last one names their
  /// first, the one with the greatest number.
  std::vector<const Entry*> find_active() {
    std::vector<const Entry*> active;
    for (std::uint64_t start = 0; start < place_.length; start += k_sector) {
      std::vector<const Entry*> row;
      std::uint64_t total = 0;
      for (std::uint64_t at = start; total < place_.length;) {
        const auto& entry = entry_at(at);
        if (!entry || (!row.empty() && entry->sequence != row.back()->sequence + 1)) break;
        total += entry->length;
        if (total > place_.length) break;
        row.push_back(&*entry);
        at = (at + entry->length) % place_.length;
      }
      const bool is_valid = !row.empty() && row.back()->tail == start;
      if (is_valid && (active.empty() || row.back()->sequence > active.back()->sequence))
        active = std::move(row);
    }
    return active;
  }

  void apply(const Entry& entry, ReplayedVhdx& replayed) const {
    const std::uint64_t head_size =
        divided_up(k_entry_header + std::uint64_t{entry.descriptor_count} * k_descriptor,
                   k_sector) *
        k_sector;
    std::uint64_t data = head_size;
    for (std::uint32_t index = 0; index < entry.descriptor_count; ++index) {
      const auto descriptor =
          std::span(entry.bytes)
              .subspan(k_entry_header + std::size_t{index} * k_descriptor, k_descriptor);
      const auto offset = get<std::uint64_t>(descriptor, 16);
      if (get<std::uint64_t>(descriptor, 24) != entry.sequence || offset % k_sector != 0 ||
          offset > k_largest_disk * 2) {
        corrupt("a change in its log is impossible");
      }
      if (signature_at(descriptor, 0) == k_zero_signature) {
        replayed.changes_.push_back(
            {.offset = offset, .length = get<std::uint64_t>(descriptor, 8), .bytes = {}});
      } else if (signature_at(descriptor, 0) == k_data_signature) {
        if (data + k_sector > entry.length) corrupt("a change in its log is cut off");
        replayed.changes_.push_back(
            {.offset = offset,
             .length = k_sector,
             .bytes = sector_of(descriptor, std::span(entry.bytes).subspan(data, k_sector),
                                entry.sequence)});
        data += k_sector;
      } else {
        corrupt("a change in its log is of no kind");
      }
    }
  }

  /// The signature and numbers of a sector in the log stand where its own first and last bytes are.
  Bytes sector_of(std::span<const std::byte> descriptor, std::span<const std::byte> stored,
                  std::uint64_t sequence) const {
    const std::uint64_t number = std::uint64_t{get<std::uint32_t>(stored, 4)} << 32U |
                                 get<std::uint32_t>(stored, k_sector - k_trailing);
    if (signature_at(stored, 0) != k_sector_signature || number != sequence)
      corrupt("a change in its log was not written whole");
    Bytes sector(stored.begin(), stored.end());
    std::ranges::copy(descriptor.subspan(8, k_leading), sector.begin());
    std::ranges::copy(descriptor.subspan(4, k_trailing), sector.end() - k_trailing);
    return sector;
  }

  const fs::ByteSource& file_;
  const VhdxLogPlace& place_;
  const std::string& name_;
  std::map<std::uint64_t, std::optional<Entry>> entries_;
};

ReplayedVhdx::ReplayedVhdx(const fs::ByteSource& file, const VhdxLogPlace& log,
                           const std::string& name)
    : file_(file), size_(file.size()) {
  if (log.guid != base::Uuid{}) VhdxLog(file, log, name).replay_into(*this);
}

bool ReplayedVhdx::is_as_stored(std::uint64_t offset, std::uint64_t length) const {
  return is_inside(file_, offset, length) &&
         std::ranges::none_of(changes_, [&](const Change& change) {
           return change.offset < offset + length && offset < change.offset + change.length;
         });
}

void ReplayedVhdx::read(std::uint64_t offset, std::span<std::byte> buffer) const {
  const std::uint64_t stored =
      offset < file_.size() ? std::min<std::uint64_t>(buffer.size(), file_.size() - offset) : 0;
  if (stored > 0) file_.read(offset, buffer.first(stored));
  std::ranges::fill(buffer.subspan(stored), std::byte{0});
  for (const Change& change : changes_) {
    const std::uint64_t from = std::max(offset, change.offset);
    const std::uint64_t to = std::min(offset + buffer.size(), change.offset + change.length);
    if (from >= to || change.length == 0) continue;
    const auto part = buffer.subspan(from - offset, to - from);
    if (change.bytes.empty()) {
      std::ranges::fill(part, std::byte{0});
    } else {
      std::ranges::copy(std::span(change.bytes).subspan(from - change.offset, part.size()),
                        part.begin());
    }
  }
}

} // namespace imagewright::image
