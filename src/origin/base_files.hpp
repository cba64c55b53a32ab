// SPDX-License-Identifier: MIT
#pragma once

// The content of a base's files, where it stands in the base.

#include <imagewright/origin/base_image.hpp>
#include <imagewright/tree/root_tree.hpp>

namespace imagewright::origin {

/// The number under which BaseFiles knows the content of an inode of a filesystem's table.
std::uint64_t content_number(std::size_t filesystem, std::size_t inode);

class BaseFiles final : public tree::DistantContent {
public:
  /// Borrowed.
  explicit BaseFiles(const BaseImage& base) : base_(base) {}

  std::vector<Stretch> stretches(std::uint64_t number) const override;
  void read(std::uint64_t number, std::uint64_t offset, std::span<std::byte> buffer) const override;
  std::optional<fs::FilePlace> find_place(std::uint64_t number, std::uint64_t offset,
                                          std::uint64_t length) const override;
  base::Digest digest(std::uint64_t number) const override;

  /// Of what is not in holes, in whole blocks of any filesystem that is written here.
  std::uint64_t stored_size(std::uint64_t number) const;

private:
  const std::vector<disk::StoredPiece>& pieces_of(std::uint64_t number) const;
  const BaseFilesystem& filesystem_of(std::uint64_t number) const;

  const BaseImage& base_;
};

} // namespace imagewright::origin
