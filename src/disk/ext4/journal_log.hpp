// SPDX-License-Identifier: MIT
#pragma once

// The log of jbd2: transactions of changed blocks, each complete or to be ignored.

#include <cstdint>
#include <functional>
#include <span>

#include <imagewright/base/byte_order.hpp>

#include "disk/ext4/journal.hpp"

namespace imagewright::disk {

/// The journal as a row of blocks, which may lie anywhere.
struct JournalBlocks {
  std::uint32_t block_size = 0;
  std::uint32_t count = 0;
  /// Fills a buffer of one block.
  std::function<void(std::uint32_t number, std::span<std::byte> buffer)> read;
  /// The block of the filesystem in which this block of the journal is.
  std::function<std::uint64_t(std::uint32_t number)> place;
};

/// The blocks of all committed transactions, without those that were revoked. Throws base::Error
/// (disk.journal-unsupported, disk.corrupt-filesystem).
JournaledBlocks read_journal(const JournalBlocks& journal);

} // namespace imagewright::disk
