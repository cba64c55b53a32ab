// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>
#include <map>

#include <imagewright/base/error.hpp>
#include <imagewright/inspect/sqlite_log.hpp>

#include "integers.hpp"

// SQLite documentation, "Database File Format": 3 (rollback journal), 4 (write-ahead log).

namespace imagewright::inspect {

namespace {

constexpr std::uint64_t k_magic = 0x377f0682; ///< the lowest bit: sums of big endian numbers
constexpr std::size_t k_header_size = 32;
constexpr std::size_t k_frame_header_size = 24;
constexpr std::uint64_t k_version = 3007000;
constexpr std::string_view k_journal_magic("\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 8);

/// Section 4.1: two sums over pairs of numbers.
class Checksum {
public:
  explicit Checksum(bool is_big_endian) : is_big_endian_(is_big_endian) {}

  void add(std::string_view bytes) {
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
      first_ += number(bytes, at) + second_;
      second_ += number(bytes, at + 4) + first_;
    }
  }
  bool is(std::string_view stored) const {
    return big_endian(stored, 0, 4) == first_ && big_endian(stored, 4, 4) == second_;
  }

private:
  std::uint32_t number(std::string_view bytes, std::size_t at) const {
    return static_cast<std::uint32_t>(is_big_endian_ ? big_endian(bytes, at, 4)
                                                     : little_endian(bytes, at, 4));
  }

  bool is_big_endian_;
  std::uint32_t first_ = 0;
  std::uint32_t second_ = 0;
};

std::uint64_t page_size_of(std::string_view database) {
  const std::uint64_t size = big_endian(database, 16, 2);
  return size == 1 ? 65536 : size;
}

} // namespace

void apply_write_ahead_log(std::string& database, std::string_view log) {
  if (log.size() < k_header_size) return;
  const std::uint64_t magic = big_endian(log, 0, 4);
  if ((magic & ~std::uint64_t{1}) != k_magic || big_endian(log, 4, 4) != k_version) return;
  const std::uint64_t page_size = big_endian(log, 8, 4);
  Checksum checksum((magic & 1U) != 0);
  checksum.add(log.substr(0, 24));
  if (!checksum.is(log.substr(24))) return;
  const bool is_possible =
      page_size >= 512 && page_size <= 65536 && (page_size & (page_size - 1)) == 0;
  const bool is_same = database.size() < 100 || page_size_of(database) == page_size;
  if (!is_possible || !is_same) {
    throw base::Error(base::FailureKind::verification, "inspect.corrupt-database",
                      "the image's package database and its write-ahead log have pages of "
                      "different sizes",
                      "copy or make the image again");
  }
  std::map<std::uint64_t, std::string_view> pending;
  std::map<std::uint64_t, std::string_view> committed;
  std::uint64_t page_count = 0;
  for (std::size_t at = k_header_size; at + k_frame_header_size + page_size <= log.size();
       at += k_frame_header_size + page_size) {
    const std::string_view frame = log.substr(at, k_frame_header_size);
    const std::string_view page = log.substr(at + k_frame_header_size, page_size);
    // Frames of before the log was begun anew have other salts.
    if (frame.substr(8, 8) != log.substr(16, 8)) break;
    checksum.add(frame.substr(0, 8));
    checksum.add(page);
    if (!checksum.is(frame.substr(16))) break;
    const std::uint64_t number = big_endian(frame, 0, 4);
    if (number == 0) break;
    pending[number] = page;
    const std::uint64_t size_after_commit = big_endian(frame, 4, 4);
    if (size_after_commit == 0) continue;
    for (const auto& [changed, content] : pending)
      committed[changed] = content;
    pending.clear();
    page_count = size_after_commit;
  }
  if (page_count == 0) return;
  // No page beyond those of the file and of the log can hold anything.
  const std::uint64_t known =
      std::max<std::uint64_t>(database.size() / page_size, committed.rbegin()->first);
  database.resize(std::min(page_count, known) * page_size);
  for (const auto& [number, content] : committed) {
    if (number * page_size <= database.size())
      database.replace((number - 1) * page_size, page_size, content);
  }
}

bool is_hot_journal(std::string_view journal) {
  return journal.starts_with(k_journal_magic);
}

} // namespace imagewright::inspect
