// SPDX-License-Identifier: MIT
#pragma once

// Compares stretches of two disks byte by byte, without reading what neither stores.

#include <cstdint>
#include <optional>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/image/image_reader.hpp>

namespace imagewright::audit {

/// A stretch of the same length on each of two disks.
struct DiskStretch {
  std::uint64_t left = 0; ///< where it starts
  std::uint64_t right = 0;
  std::uint64_t length = 0;
};

class DiskComparison {
public:
  /// Both must outlive it.
  DiskComparison(const image::ImageReader& left, const image::ImageReader& right)
      : left_(left), right_(right), left_extents_(left.data_extents()),
        right_extents_(right.data_extents()) {}

  /// Counted from the start of the stretch; nothing when all bytes are the same.
  std::optional<std::uint64_t> first_difference(const DiskStretch& stretch,
                                                const base::Cancellation& cancellation) const;

private:
  const image::ImageReader& left_;
  const image::ImageReader& right_;
  std::vector<image::DiskExtent> left_extents_;
  std::vector<image::DiskExtent> right_extents_;
};

} // namespace imagewright::audit
