// SPDX-License-Identifier: MIT
#pragma once

// What tests of readers of filesystems ask of each of them.

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <string>

#include <catch2/catch.hpp>

#include <imagewright/disk/filesystem_reader.hpp>

#include "memory_source.hpp"

namespace imagewright_test {

/// What the pieces say, read by whoever has the bytes alone.
inline std::string from_pieces(const imagewright::disk::FilesystemReader& reader,
                               const imagewright::fs::ByteSource& source, const std::string& path) {
  std::string content(reader.find(path)->size, '\0');
  imagewright::disk::read_stored_pieces(
      source, reader.pieces_of(path), [&](std::uint64_t offset, std::span<const std::byte> bytes) {
        REQUIRE(offset + bytes.size() <= content.size());
        std::copy_n(reinterpret_cast<const char*>(bytes.data()), bytes.size(),
                    content.begin() + static_cast<std::ptrdiff_t>(offset));
      });
  return content;
}

/// What the environment says, for runs that take long or shall be short.
inline unsigned number_of(const char* variable, unsigned usual) {
  const char* text = std::getenv(variable);
  return text == nullptr ? usual : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

/// Changes every `step`th byte of a stretch, each alone: `code_of` has to give an error for it.
inline void check_each_change(MemorySource& source, std::size_t start, std::size_t length,
                              std::size_t step,
                              const std::function<std::string(const MemorySource&)>& code_of) {
  for (std::size_t place = start; place < start + length; place += step) {
    char& byte = source.bytes.at(place);
    byte = static_cast<char>(byte ^ 0x41);
    INFO("byte " << place);
    CHECK(code_of(source) != "");
    byte = static_cast<char>(byte ^ 0x41);
  }
}

} // namespace imagewright_test
