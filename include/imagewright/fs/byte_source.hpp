// SPDX-License-Identifier: MIT
#pragma once

// Bytes that can be read at any place: a file, the disk inside an image file, one partition of it.

#include <cstddef>
#include <cstdint>
#include <span>

namespace imagewright::fs {

/// Random access for reading. Implementations may be used from one thread at a time.
class ByteSource {
public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  ByteSource(ByteSource&&) = delete;
  ByteSource& operator=(ByteSource&&) = delete;
  virtual ~ByteSource() = default;

  virtual std::uint64_t size() const = 0;
  /// Fills the whole buffer. Throws base::Error when the range is not inside size() or cannot be
  /// read.
  virtual void read(std::uint64_t offset, std::span<std::byte> buffer) const = 0;
};

} // namespace imagewright::fs
