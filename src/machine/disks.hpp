// SPDX-License-Identifier: MIT
#pragma once

// The disks of a machine: one that has files of the host, one for the work.

#include <filesystem>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/cancellation.hpp>
#include <imagewright/fs/byte_source.hpp>
#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/tree/root_tree.hpp>

namespace imagewright::machine {

/// Writes a disk with one ext4 partition that has the tree, just large enough.
void write_input_disk(const tree::RootTree& tree, const std::filesystem::path& disk,
                      const base::Cancellation& cancellation);

/// Writes one with an empty ext4 of that size, most of which is a hole.
void write_work_disk(base::ByteSize size, const std::filesystem::path& disk,
                     const base::Cancellation& cancellation);

/// The bytes of a file.
class FileSource final : public fs::ByteSource {
public:
  explicit FileSource(const std::filesystem::path& path);
  std::uint64_t size() const override { return size_; }
  void read(std::uint64_t offset, std::span<std::byte> buffer) const override;

private:
  std::string name_;
  fs::UniqueFd file_;
  std::uint64_t size_ = 0;
};

} // namespace imagewright::machine
