// SPDX-License-Identifier: MIT
#pragma once

// The log of a VHDX that was not closed: changes of its structures that have not reached their
// places.

#include <cstdint>
#include <string>
#include <vector>

#include <imagewright/base/uuid.hpp>
#include <imagewright/fs/byte_source.hpp>

namespace imagewright::image {

/// Where the current header says that the log is.
struct VhdxLogPlace {
  base::Uuid guid; ///< of the entries that count
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// The file as it is once its log has been replayed ([MS-VHDX] 2.3.3), in memory.
class ReplayedVhdx final : public fs::ByteSource {
public:
  /// `file` must outlive it. Throws base::Error (image.corrupt-vhdx, image.unsupported).
  ReplayedVhdx(const fs::ByteSource& file, const VhdxLogPlace& log, const std::string& name);

  std::uint64_t size() const override { return size_; }
  void read(std::uint64_t offset, std::span<std::byte> buffer) const override;
  /// Whether the log changes nothing of it, and the file has all of it.
  bool is_as_stored(std::uint64_t offset, std::uint64_t length) const;

private:
  struct Change {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    std::vector<std::byte> bytes; ///< empty: zeros
  };

  const fs::ByteSource& file_;
  std::uint64_t size_ = 0;
  std::vector<Change> changes_; ///< later ones win

  friend class VhdxLog;
};

} // namespace imagewright::image
