// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/disk/filesystem_reader.hpp>

#include "disk/filesystem.hpp"
#include "disk/little_endian.hpp"

namespace imagewright::disk {

std::optional<std::string> FilesystemReader::resolve(std::string_view path) const {
  return base::follow_links(path, [&](const std::string& name) { return look_up(name); });
}

std::optional<base::FoundName> FilesystemReader::look_up(const std::string& path) const {
  const auto found = find(path);
  if (!found) return std::nullopt;
  if (found->type != fs::FileType::symlink) return base::FoundName{};
  auto target = link_target(path);
  if (!target) return std::nullopt;
  return base::FoundName{std::move(*target)};
}

void read_stored_pieces(const fs::ByteSource& source, std::span<const StoredPiece> pieces,
                        const PieceSink& sink) {
  constexpr std::uint64_t part_size = std::uint64_t{1} << 20U;
  Bytes buffer;
  for (const StoredPiece& piece : pieces) {
    if (piece.kind == StoredPiece::Kind::text) {
      sink(piece.offset, std::as_bytes(std::span(piece.text)));
      continue;
    }
    buffer.resize(std::min(piece.length, part_size));
    if (piece.kind == StoredPiece::Kind::zeros) std::ranges::fill(buffer, std::byte{0});
    for (std::uint64_t done = 0; done < piece.length;) {
      const auto part =
          std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), piece.length - done));
      if (piece.kind == StoredPiece::Kind::stored) source.read(piece.place + done, part);
      sink(piece.offset + done, part);
      done += part.size();
    }
  }
}

void require_within(base::ByteSize limit, std::uint64_t size, std::string_view path) {
  if (size <= limit.bytes()) return;
  throw base::Error(
      base::FailureKind::verification, "disk.file-too-large",
      fmt::format("{} in the image is larger than {}", base::quoted(path), base::to_string(limit)));
}

std::unique_ptr<FilesystemReader> open_filesystem(const fs::ByteSource& source) {
  if (source.size() < k_smallest_filesystem) return nullptr;
  Bytes start(std::min<std::uint64_t>(k_probe_size, source.size()));
  source.read(0, start);
  for (const FilesystemBehaviour& candidate : filesystems()) {
    if (candidate.reader != nullptr && candidate.reader->recognises(start))
      return candidate.reader->open(source);
  }
  return nullptr;
}

} // namespace imagewright::disk
