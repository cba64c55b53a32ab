// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include <imagewright/fs/byte_source.hpp>

namespace imagewright_test {

/// A whole file in memory, which a test can damage.
class MemorySource final : public imagewright::fs::ByteSource {
public:
  explicit MemorySource(const std::filesystem::path& path) : bytes(read_text(path)) {}
  explicit MemorySource(std::string content) : bytes(std::move(content)) {}

  std::uint64_t size() const override { return bytes.size(); }
  void read(std::uint64_t offset, std::span<std::byte> buffer) const override {
    // An assertion that holds costs more than the read, and damaged filesystems are read millions
    // of times.
    if (offset > bytes.size() || buffer.size() > bytes.size() - offset)
      FAIL("read of " << buffer.size() << " bytes at " << offset << " of " << bytes.size());
    bytes.copy(reinterpret_cast<char*>(buffer.data()), buffer.size(), offset);
  }

  std::string bytes;
};

} // namespace imagewright_test
