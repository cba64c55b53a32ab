// SPDX-License-Identifier: MIT
#include "disk/fat/reader.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "disk/fat/directory.hpp"
#include "disk/fat/name.hpp"
#include "disk/fat/volume.hpp"
#include "disk/filesystem.hpp"

namespace imagewright::disk {

namespace {

constexpr std::size_t k_entry = 32;
constexpr std::uint8_t k_volume = 0x08;
constexpr std::uint8_t k_directory = 0x10;
constexpr std::uint8_t k_read_only = 0x01;
constexpr std::uint8_t k_long_name = 0x0F;
constexpr std::uint8_t k_deleted = 0xE5;
constexpr std::uint64_t k_largest_directory = std::uint64_t{2} << 20U;

struct FatFile {
  std::string name;
  std::uint8_t attributes = 0;
  std::uint8_t small_parts = 0;
  std::uint32_t cluster = 0;
  std::uint32_t size = 0;
  base::Epoch modified;

  bool is_directory() const { return (attributes & k_directory) != 0; }
};

base::Epoch time_of(std::uint16_t date, std::uint16_t time) {
  const std::chrono::year_month_day day{std::chrono::year(1980 + (date >> 9U)),
                                        std::chrono::month(date >> 5U & 15U),
                                        std::chrono::day(date & 31U)};
  if (!day.ok()) return {};
  return std::chrono::sys_days(day) + std::chrono::hours(time >> 11U) +
         std::chrono::minutes(time >> 5U & 63U) + std::chrono::seconds((time & 31U) * 2U);
}

ShortName short_name_in(std::span<const std::byte> slot) {
  ShortName name{};
  std::copy_n(as_text(slot).begin(), name.size(), name.begin());
  return name;
}

/// Puts the pieces of a long name together as they pass by, last piece first.
class LongName {
public:
  void add(std::span<const std::byte> slot) {
    const auto order = get<std::uint8_t>(slot, 0);
    if ((order & 0x40U) != 0) {
      text_.clear();
      expected_ = order & 0x3FU;
      checksum_ = get<std::uint8_t>(slot, 13);
    }
    const bool is_next =
        expected_ > 0 && (order & 0x3FU) == expected_ && get<std::uint8_t>(slot, 13) == checksum_;
    if (!is_next) {
      clear();
      return;
    }
    --expected_;
    text_.insert(0, piece_of(slot));
  }

  /// The name, when it is whole and belongs to this short one.
  std::string take(std::span<const std::byte> slot) {
    const bool is_whole =
        expected_ == 0 && !text_.empty() && checksum_ == short_name_checksum(short_name_in(slot));
    std::string result = is_whole ? to_utf8(text_) : std::string();
    clear();
    return result;
  }

  void clear() {
    text_.clear();
    expected_ = 0;
  }

private:
  static std::u16string piece_of(std::span<const std::byte> slot) {
    std::u16string piece;
    constexpr std::array<std::size_t, 13> places = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};
    for (const std::size_t place : places) {
      const auto unit = get<std::uint16_t>(slot, place);
      if (unit == 0) break;
      piece.push_back(static_cast<char16_t>(unit));
    }
    return piece;
  }

  std::u16string text_;
  unsigned expected_ = 0;
  std::uint8_t checksum_ = 0;
};

class FatReader final : public FilesystemReader {
public:
  explicit FatReader(const fs::ByteSource& source) : source_(source), volume_(source) {}

  FilesystemFacts facts() const override {
    FilesystemFacts facts{.type = "vfat",
                          .uuid = volume_.serial(),
                          .size = base::ByteSize(volume_.size()),
                          .used = base::ByteSize(volume_.used())};
    for (const FatFile& file : files_in(volume_.read_root())) {
      if ((file.attributes & k_volume) != 0) facts.label = file.name;
    }
    return facts;
  }

  std::optional<StoredFile> find(std::string_view path) const override {
    const auto file = find_file(path);
    if (!file) return std::nullopt;
    StoredFile stored{.type =
                          file->is_directory() ? fs::FileType::directory : fs::FileType::regular,
                      .permissions = 0755,
                      .size = file->size,
                      .modified = file->modified,
                      .flags = fat_flags(file->attributes, file->small_parts)};
    if ((file->attributes & k_read_only) != 0) stored.permissions = 0555;
    return stored;
  }

  std::optional<std::vector<std::string>> list(std::string_view path) const override {
    const auto directory = find_file(path);
    if (!directory || !directory->is_directory()) return std::nullopt;
    std::vector<std::string> names;
    for (const FatFile& file : files_in(content_of(*directory))) {
      const bool is_dots = file.name == "." || file.name == "..";
      if (!is_dots && (file.attributes & k_volume) == 0) names.push_back(file.name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  std::optional<std::string> read(std::string_view path, base::ByteSize limit) const override {
    const auto file = find_file(path);
    if (!file || file->is_directory()) return std::nullopt;
    require_within(limit, file->size, path);
    if (file->size == 0) return std::string();
    const Bytes content = volume_.read_chain(file->cluster, file->size);
    if (content.size() != file->size) throw_corrupt_fat("a file ends before its size");
    return std::string(as_text(content));
  }

  std::vector<StoredPiece> pieces_of(std::string_view path) const override {
    const auto file = find_file(path);
    if (!file || file->is_directory() || file->size == 0) return {};
    return volume_.pieces(file->cluster, file->size);
  }

  void read_pieces(std::string_view path, const PieceSink& sink) const override {
    read_stored_pieces(source_, pieces_of(path), sink);
  }

  std::optional<std::string> link_target(std::string_view /*path*/) const override {
    return std::nullopt;
  }
  std::vector<tree::ExtendedAttribute> attributes(std::string_view /*path*/) const override {
    return {};
  }

private:
  Bytes content_of(const FatFile& directory) const {
    // The root, which ".." may also call cluster 0.
    if (directory.cluster == 0) return volume_.read_root();
    return volume_.read_chain(directory.cluster, k_largest_directory);
  }

  static std::vector<FatFile> files_in(const Bytes& content) {
    std::vector<FatFile> files;
    LongName long_name;
    for (std::size_t offset = 0; offset + k_entry <= content.size(); offset += k_entry) {
      const auto slot = std::span(content).subspan(offset, k_entry);
      const auto first = get<std::uint8_t>(slot, 0);
      if (first == 0) break;
      const auto attributes = get<std::uint8_t>(slot, 11);
      if (first == k_deleted) {
        long_name.clear();
      } else if ((attributes & 0x3FU) == k_long_name) {
        long_name.add(slot);
      } else {
        files.push_back(file_of(slot, long_name.take(slot)));
      }
    }
    return files;
  }

  static FatFile file_of(std::span<const std::byte> slot, std::string long_name) {
    const auto attributes = get<std::uint8_t>(slot, 11);
    const auto small_parts = get<std::uint8_t>(slot, 12);
    const bool is_label = (attributes & k_volume) != 0;
    std::string label(as_text(slot.first(11)));
    label = label.substr(0, label.find_last_not_of(' ') + 1);
    std::string name = is_label            ? label
                       : long_name.empty() ? shown_name(short_name_in(slot), small_parts)
                                           : std::move(long_name);
    return {.name = std::move(name),
            .attributes = attributes,
            .small_parts = small_parts,
            .cluster =
                std::uint32_t{get<std::uint16_t>(slot, 20)} << 16U | get<std::uint16_t>(slot, 26),
            .size = get<std::uint32_t>(slot, 28),
            .modified = time_of(get<std::uint16_t>(slot, 24), get<std::uint16_t>(slot, 22))};
  }

  std::optional<FatFile> find_file(std::string_view path) const {
    FatFile current{.name = "/", .attributes = k_directory};
    for (const std::string& part : base::split(path, '/')) {
      if (part.empty()) continue;
      if (!current.is_directory()) return std::nullopt;
      const std::vector<FatFile> files = files_in(content_of(current));
      // Names differ in more than the case of ASCII letters.
      const auto found = std::find_if(files.begin(), files.end(), [&](const FatFile& file) {
        return (file.attributes & k_volume) == 0 &&
               base::to_lower(file.name) == base::to_lower(part);
      });
      if (found == files.end()) return std::nullopt;
      current = *found;
    }
    return current;
  }

  const fs::ByteSource& source_;
  FatVolume volume_;
};

} // namespace

bool is_fat_boot_sector(std::span<const std::byte> start) {
  const auto jump = get<std::uint8_t>(start, 0);
  const auto sector = get<std::uint16_t>(start, 11);
  const auto per_cluster = get<std::uint8_t>(start, 13);
  const bool is_power_of_two = per_cluster != 0 && (per_cluster & (per_cluster - 1U)) == 0;
  return get<std::uint16_t>(start, 510) == 0xAA55 && (jump == 0xEB || jump == 0xE9) &&
         (sector == 512 || sector == 1024 || sector == 2048 || sector == 4096) && is_power_of_two &&
         get<std::uint8_t>(start, 16) != 0;
}

std::unique_ptr<FilesystemReader> open_fat(const fs::ByteSource& source) {
  return std::make_unique<FatReader>(source);
}

} // namespace imagewright::disk
