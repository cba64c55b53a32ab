// SPDX-License-Identifier: MIT
#include "disk/fat/directory.hpp"

#include <algorithm>
#include <chrono>
#include <span>

#include "disk/little_endian.hpp"

namespace imagewright::disk {

namespace {

constexpr std::uint8_t k_attribute_volume = 0x08;
constexpr std::uint8_t k_attribute_directory = 0x10;
constexpr std::uint8_t k_attribute_archive = 0x20;
constexpr std::uint8_t k_attribute_long_name = 0x0F;
constexpr std::uint8_t k_last_long_entry = 0x40;
constexpr std::size_t k_units_per_entry = 13;
constexpr std::uint8_t k_kept_attributes = 0x07;
constexpr unsigned k_flags_place = 24;

struct FatTime {
  std::uint16_t date = 0;
  std::uint16_t time = 0;
};

// Section 6.3: years count from 1980, seconds in twos. The specification knows no time zones; ours
// is UTC.
FatTime fat_time(base::Epoch moment) {
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(moment - day);
  const int year = static_cast<int>(date.year());
  if (year < 1980) return {.date = 1U << 5U | 1U, .time = 0};
  if (year > 2107) return {.date = 127U << 9U | 12U << 5U | 31U, .time = 0};
  const auto date_word = static_cast<unsigned>(year - 1980) << 9U |
                         static_cast<unsigned>(date.month()) << 5U |
                         static_cast<unsigned>(date.day());
  const auto time_word = static_cast<unsigned>(time.hours().count()) << 11U |
                         static_cast<unsigned>(time.minutes().count()) << 5U |
                         static_cast<unsigned>(time.seconds().count()) / 2U;
  return {static_cast<std::uint16_t>(date_word), static_cast<std::uint16_t>(time_word)};
}

struct ShortEntry {
  ShortName name{};
  std::uint8_t attributes = 0;
  std::uint8_t small_parts = 0;
  std::uint32_t cluster = 0;
  std::uint32_t size = 0;
  base::Epoch modified;
};

class EntryWriter {
public:
  EntryWriter(std::span<std::byte> bytes, base::Epoch epoch) : bytes_(bytes), epoch_(epoch) {}

  void add_short(const ShortEntry& entry) {
    const auto slot = next();
    put_text(slot, 0, std::string_view(entry.name.data(), entry.name.size()));
    put(slot, 11, entry.attributes);
    put(slot, 12, entry.small_parts);
    const FatTime created = fat_time(epoch_);
    const FatTime written = fat_time(entry.modified);
    put(slot, 14, created.time);
    put(slot, 16, created.date);
    put(slot, 18, created.date); // last access
    put(slot, 20, static_cast<std::uint16_t>(entry.cluster >> 16U));
    put(slot, 22, written.time);
    put(slot, 24, written.date);
    put(slot, 26, static_cast<std::uint16_t>(entry.cluster));
    put(slot, 28, entry.size);
  }

  // Section 7.2: the last piece of the name comes first.
  void add_long(const FatName& name) {
    const std::size_t pieces = entry_count(name) - 1;
    for (std::size_t piece = pieces; piece > 0; --piece) {
      const auto slot = next();
      const std::uint8_t mark = piece == pieces ? k_last_long_entry : 0;
      put(slot, 0, static_cast<std::uint8_t>(piece | mark));
      put(slot, 11, k_attribute_long_name);
      put(slot, 13, short_name_checksum(name.short_name));
      put_units(slot, name.long_name, (piece - 1) * k_units_per_entry);
    }
  }

private:
  std::span<std::byte> next() {
    const auto slot = bytes_.first(k_fat_entry_size);
    bytes_ = bytes_.subspan(k_fat_entry_size);
    return slot;
  }

  static void put_units(std::span<std::byte> slot, const std::u16string& name, std::size_t start) {
    constexpr std::array<std::size_t, k_units_per_entry> places = {1,  3,  5,  7,  9,  14, 16,
                                                                   18, 20, 22, 24, 28, 30};
    for (std::size_t index = 0; index < places.size(); ++index) {
      const std::size_t position = start + index;
      // One null after the name, then all ones.
      const char16_t unit = position < name.size()    ? name[position]
                            : position == name.size() ? u'\0'
                                                      : u'\xFFFF';
      put(slot, places.at(index), static_cast<std::uint16_t>(unit));
    }
  }

  std::span<std::byte> bytes_;
  base::Epoch epoch_;
};

} // namespace

std::uint32_t fat_flags(std::uint8_t attributes, std::uint8_t small_parts) {
  const unsigned kept =
      (attributes & k_kept_attributes) | (small_parts & (k_small_base | k_small_extension));
  // New files are to be archived, and have no flags.
  const bool is_plain_file = (attributes & (k_attribute_archive | k_attribute_directory)) == 0;
  return (kept | (is_plain_file ? k_attribute_archive : 0U)) << k_flags_place;
}

std::uint8_t fat_attributes_of(std::uint32_t flags) {
  const unsigned kept = flags >> k_flags_place;
  const bool is_archived = (kept & k_attribute_archive) == 0;
  return static_cast<std::uint8_t>((kept & k_kept_attributes) |
                                   (is_archived ? k_attribute_archive : 0U));
}

std::uint8_t fat_small_parts_of(std::uint32_t flags) {
  return static_cast<std::uint8_t>(flags >> k_flags_place & (k_small_base | k_small_extension));
}

ShortName fat_label(std::string_view label) {
  ShortName name;
  name.fill(' ');
  std::copy_n(label.begin(), std::min(label.size(), name.size()), name.begin());
  return name;
}

std::uint8_t short_name_checksum(const ShortName& name) {
  std::uint8_t sum = 0;
  for (const char character : name) {
    sum = static_cast<std::uint8_t>((sum & 1U) << 7U | sum >> 1U);
    sum = static_cast<std::uint8_t>(sum + static_cast<std::uint8_t>(character));
  }
  return sum;
}

std::uint64_t fat_directory_entries(const FatPlan& plan, std::size_t directory) {
  // The root has its label, others have "." and ".."; an end mark after the last entry.
  std::uint64_t count = directory == 0 ? 1 : 2;
  for (const std::size_t child : plan.nodes[directory].children) {
    count += entry_count(plan.nodes[child].name);
  }
  return count + 1;
}

std::vector<std::byte> make_fat_directory(const FatPlan& plan, const tree::RootTree& tree,
                                          std::size_t directory) {
  Bytes bytes(fat_directory_entries(plan, directory) * k_fat_entry_size);
  EntryWriter writer(bytes, plan.epoch);
  const FatNode& node = plan.nodes[directory];
  const base::Epoch modified = tree.inodes.at(node.inode).modified;
  if (directory != 0) {
    const FatNode& parent = plan.nodes[node.parent];
    // Section 6.5: ".." of a directory in the root says 0, whatever the root's cluster.
    const std::uint32_t up = node.parent == 0 ? 0 : parent.first_cluster;
    writer.add_short({.name = fat_label("."),
                      .attributes = k_attribute_directory,
                      .cluster = node.first_cluster,
                      .modified = modified});
    writer.add_short({.name = fat_label(".."),
                      .attributes = k_attribute_directory,
                      .cluster = up,
                      .modified = modified});
  } else if (!plan.label.empty()) {
    writer.add_short(
        {.name = fat_label(plan.label), .attributes = k_attribute_volume, .modified = plan.epoch});
  }
  for (const std::size_t index : node.children) {
    const FatNode& child = plan.nodes[index];
    const std::uint8_t kept = fat_attributes_of(tree.inodes.at(child.inode).flags);
    const unsigned attributes =
        child.is_directory ? k_attribute_directory | (kept & k_kept_attributes) : kept;
    writer.add_long(child.name);
    writer.add_short({.name = child.name.short_name,
                      .attributes = static_cast<std::uint8_t>(attributes),
                      .small_parts = child.name.small_parts,
                      .cluster = child.first_cluster,
                      .size = child.size,
                      .modified = tree.inodes.at(child.inode).modified});
  }
  return bytes;
}

} // namespace imagewright::disk
