// SPDX-License-Identifier: MIT
#include "image/source_disk.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/parallel_for.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::image {

namespace {

constexpr std::uint64_t k_sector = 512;
/// What is read of a unit first: the start of most tells that it is not zeros.
constexpr std::uint64_t k_glance = 512;
/// Units that one thread examines in a row.
constexpr std::size_t k_stretch = 64;

} // namespace

/// Those of which something is stored, here or where it is borrowed.
std::vector<std::uint64_t> SourceDisk::units_to_examine() const {
  std::vector<DiskExtent> extents = file_.data_extents();
  for (const auto& [offset, place] : borrowed_.stretches())
    extents.push_back({offset, place.length});
  std::ranges::sort(extents, {}, &DiskExtent::offset);
  std::vector<std::uint64_t> units;
  for (const DiskExtent& extent : extents) {
    const std::uint64_t end = (extent.offset + extent.length + k_unit_size - 1) / k_unit_size;
    std::uint64_t unit = extent.offset / k_unit_size;
    if (!units.empty()) unit = std::max(unit, units.back() + 1);
    for (; unit < end; ++unit)
      units.push_back(unit);
  }
  return units;
}

SourceDisk::SourceDisk(const std::filesystem::path& path, const fs::BorrowedBytes& borrowed,
                       unsigned thread_count, const base::Cancellation& cancellation)
    : name_(path.string()), file_(path), borrowed_(borrowed), size_(file_.size()) {
  if (size_ == 0 || size_ % k_sector != 0) {
    throw base::Error(base::FailureKind::build, "image.size-unsupported",
                      fmt::format("the disk {} has {} bytes, which is not a number of sectors",
                                  base::quoted(name_), size_),
                      "a disk has a multiple of 512 bytes, for Azure a multiple of 1 MiB");
  }
  const std::vector<std::uint64_t> units = units_to_examine();
  std::vector<char> is_stored(units.size()); // not bits: threads write neighbours
  const std::size_t stretches = (units.size() + k_stretch - 1) / k_stretch;
  base::parallel_for(stretches, thread_count, cancellation, [&](std::size_t stretch) {
    std::vector<std::byte> buffer(k_unit_size - k_glance);
    const auto is_zero = [&](std::uint64_t offset, std::span<std::byte> part) {
      read(offset, part);
      return is_all_zero(part);
    };
    const std::size_t end = std::min(units.size(), (stretch + 1) * k_stretch);
    for (std::size_t index = stretch * k_stretch; index < end; ++index) {
      const std::uint64_t start = units[index] * k_unit_size;
      const bool is_hole =
          is_zero(start, std::span(buffer).first(k_glance)) && is_zero(start + k_glance, buffer);
      is_stored[index] = is_hole ? 0 : 1;
    }
  });
  for (std::size_t index = 0; index < units.size(); ++index) {
    if (is_stored[index] != 0) stored_.push_back(units[index]);
  }
}

bool SourceDisk::is_stored(std::uint64_t unit) const {
  return std::binary_search(stored_.begin(), stored_.end(), unit);
}

std::uint64_t SourceDisk::next_stored(std::uint64_t unit) const {
  const auto found = std::lower_bound(stored_.begin(), stored_.end(), unit);
  return found != stored_.end() ? *found : unit_count();
}

bool SourceDisk::is_any_stored(std::uint64_t first_unit, std::uint64_t count) const {
  return next_stored(first_unit) < std::min(first_unit + count, unit_count());
}

void SourceDisk::read(std::uint64_t offset, std::span<std::byte> buffer) const {
  const std::uint64_t inside =
      offset < size_ ? std::min<std::uint64_t>(buffer.size(), size_ - offset) : 0;
  if (inside > 0) borrowed_.read(fd(), offset, buffer.first(inside), name_);
  std::fill(buffer.begin() + static_cast<std::ptrdiff_t>(inside), buffer.end(), std::byte{0});
}

} // namespace imagewright::image
