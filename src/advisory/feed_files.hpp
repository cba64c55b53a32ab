// SPDX-License-Identifier: MIT
#pragma once

// The files of a feed, as they can be handed to a worker: nothing but stretches of one descriptor.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::advisory {

struct FeedFile {
  std::string name;
  int descriptor = -1; ///< borrowed
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

/// Reads exactly as many bytes, `offset` within the file. Throws base::Error (fs.cannot-read).
void read_piece(const FeedFile& file, std::uint64_t offset, std::span<char> piece);

enum class FeedForm : std::uint8_t { file, directory };

struct FeedSource {
  std::string name; ///< what was given: a file or a directory
  FeedForm form = FeedForm::file;
  std::vector<FeedFile> files; ///< of a directory sorted by name, those that end in ".json"
};

/// A feed that is open. Nobody has looked into it yet.
struct OpenedFeed {
  FeedSource source;
  /// A file itself; the documents of a directory one behind the other.
  fs::UniqueFd content;
};

/// Throws base::Error (advisory.no-feed, advisory.unknown-feed, advisory.damaged-feed,
/// advisory.exhausting-feed).
OpenedFeed open_feed(const std::filesystem::path& path);

/// Throws base::Error (advisory.unknown-feed): `what` is the matter with it.
[[noreturn]] void throw_unknown_feed(const std::string& name, const std::string& what);

} // namespace imagewright::advisory
