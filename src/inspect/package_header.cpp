// SPDX-License-Identifier: MIT
#include <utility>

#include <imagewright/base/error.hpp>
#include <imagewright/inspect/package_header.hpp>
#include <imagewright/model/kept_paths.hpp>

#include "integers.hpp"
#include "sqlite_table.hpp"

// RPM documentation, "RPM V4 header format": count of entries, size of the data, entries of 16
// bytes (tag, type, offset, count), data.

namespace imagewright::inspect {

namespace {

constexpr std::size_t k_entry_size = 16;

enum Tag : std::uint64_t {
  k_immutable_region = 63,
  k_dsa_signature = 267,
  k_rsa_signature = 268,
  k_name = 1000,
  k_version = 1001,
  k_release = 1002,
  k_epoch = 1003,
  k_architecture = 1022,
  k_file_modes = 1030,
  k_file_digests = 1035,
  k_file_targets = 1036,
  k_file_flags = 1037,
  k_file_users = 1039,
  k_file_groups = 1040,
  k_source_package = 1044,
  k_directory_indexes = 1116,
  k_base_names = 1117,
  k_directory_names = 1118,
};

enum Type : std::uint64_t {
  k_int16 = 3,
  k_int32 = 4,
  k_int64 = 5,
  k_string = 6,
  k_binary = 7,
  k_string_array = 8,
  k_i18n_string = 9,
};

[[noreturn]] void corrupt() {
  throw base::Error(base::FailureKind::verification, "inspect.corrupt-database",
                    "the package database is damaged: a package's header is cut off",
                    "copy or make the image again");
}

} // namespace

PackageHeader::PackageHeader(std::string bytes) : bytes_(std::move(bytes)) {
  if (bytes_.size() < 8) corrupt();
  const std::uint64_t count = big_endian(bytes_, 0, 4);
  if (count > (bytes_.size() - 8) / k_entry_size) corrupt();
  entry_count_ = count;
  data_start_ = 8 + count * k_entry_size;
}

std::optional<PackageHeader::Entry> PackageHeader::find(std::uint64_t tag) const {
  for (std::size_t index = 0; index < entry_count_; ++index) {
    const std::size_t at = 8 + index * k_entry_size;
    if (big_endian(bytes_, at, 4) != tag) continue;
    const Entry entry{.type = big_endian(bytes_, at + 4, 4),
                      .offset = data_start_ + big_endian(bytes_, at + 8, 4),
                      .count = big_endian(bytes_, at + 12, 4)};
    if (entry.offset > bytes_.size()) corrupt();
    return entry;
  }
  return std::nullopt;
}

std::vector<std::string> PackageHeader::texts(std::uint64_t tag) const {
  const auto entry = find(tag);
  if (!entry) return {};
  if (entry->type != k_string && entry->type != k_string_array && entry->type != k_i18n_string)
    return {};
  std::vector<std::string> result;
  std::size_t at = entry->offset;
  for (std::uint64_t index = 0; index < entry->count; ++index) {
    const std::size_t end = bytes_.find('\0', at);
    if (end == std::string::npos) corrupt();
    result.push_back(bytes_.substr(at, end - at));
    at = end + 1;
  }
  return result;
}

std::string PackageHeader::text(std::uint64_t tag) const {
  std::vector<std::string> found = texts(tag);
  return found.empty() ? std::string() : std::move(found.front());
}

std::vector<std::uint64_t> PackageHeader::numbers(std::uint64_t tag) const {
  const auto entry = find(tag);
  if (!entry || (entry->type != k_int16 && entry->type != k_int32 && entry->type != k_int64))
    return {};
  const std::size_t width = entry->type == k_int16 ? 2 : entry->type == k_int32 ? 4 : 8;
  if (entry->count > (bytes_.size() - entry->offset) / width) corrupt();
  std::vector<std::uint64_t> result;
  for (std::size_t index = 0; index < entry->count; ++index)
    result.push_back(big_endian(bytes_, entry->offset + index * width, width));
  return result;
}

std::string PackageHeader::bytes(std::uint64_t tag) const {
  const auto entry = find(tag);
  if (!entry || entry->type != k_binary) return {};
  if (entry->count > bytes_.size() - entry->offset) corrupt();
  return bytes_.substr(entry->offset, entry->count);
}

model::Nevra PackageHeader::nevra() const {
  const std::vector<std::uint64_t> epoch = numbers(k_epoch);
  return {text(k_name), epoch.empty() ? 0 : static_cast<std::uint32_t>(epoch.front()),
          text(k_version), text(k_release), text(k_architecture)};
}

std::string PackageHeader::source_package() const {
  return text(k_source_package);
}

std::vector<PackagedFile> PackageHeader::files() const {
  const auto names = texts(k_base_names);
  const auto directories = texts(k_directory_names);
  const auto indexes = numbers(k_directory_indexes);
  const auto modes = numbers(k_file_modes);
  const auto digests = texts(k_file_digests);
  const auto targets = texts(k_file_targets);
  const auto flags = numbers(k_file_flags);
  const auto users = texts(k_file_users);
  const auto groups = texts(k_file_groups);
  const std::size_t count = names.size();
  for (const std::size_t size : {indexes.size(), modes.size(), digests.size(), targets.size(),
                                 flags.size(), users.size(), groups.size()}) {
    if (size != count) corrupt();
  }
  std::vector<PackagedFile> files;
  for (std::size_t index = 0; index < count; ++index) {
    if (indexes[index] >= directories.size()) corrupt();
    files.push_back({directories[indexes[index]] + names[index],
                     static_cast<std::uint32_t>(modes[index]), digests[index], targets[index],
                     users[index], groups[index], static_cast<std::uint32_t>(flags[index])});
  }
  return files;
}

std::optional<std::string> PackageHeader::signed_bytes() const {
  // The first entry is the region: its data is a trailer, itself an entry, whose offset tells how
  // many entries belong to the region. Entries that the database added stand behind them.
  if (entry_count_ == 0 || big_endian(bytes_, 8, 4) != k_immutable_region) return std::nullopt;
  const auto region = find(k_immutable_region);
  if (region->type != k_binary || region->count != k_entry_size) return std::nullopt;
  if (bytes_.size() - region->offset < k_entry_size) corrupt();
  const std::uint64_t back = big_endian(bytes_, region->offset + 8, 4);
  const std::uint64_t size = (std::uint64_t{1} << 32U) - back;
  if (big_endian(bytes_, region->offset, 4) != k_immutable_region || back == 0 ||
      size % k_entry_size != 0 || size / k_entry_size > entry_count_)
    return std::nullopt;
  const std::uint64_t data_size = region->offset + k_entry_size - data_start_;
  std::string text("\x8e\xad\xe8\x01\0\0\0\0", 8);
  for (const std::uint64_t number : {size / k_entry_size, data_size}) {
    for (const unsigned shift : {24U, 16U, 8U, 0U})
      text += static_cast<char>(number >> shift & 0xFFU);
  }
  text.append(bytes_, 8, size);
  text.append(bytes_, data_start_, data_size);
  return text;
}

std::vector<std::string> PackageHeader::signatures() const {
  std::vector<std::string> result;
  for (const Tag tag : {k_rsa_signature, k_dsa_signature}) {
    std::string signature = bytes(tag);
    if (!signature.empty()) result.push_back(std::move(signature));
  }
  return result;
}

std::optional<std::vector<PackageHeader>> read_package_headers(std::string_view file) {
  auto rows = read_sqlite_table(file, "Packages");
  if (!rows) return std::nullopt;
  std::vector<PackageHeader> headers;
  for (SqliteRow& row : *rows) {
    // Columns of the table: the row's number, the header.
    if (row.size() != 2) corrupt();
    headers.emplace_back(std::move(row[1]));
  }
  return headers;
}

const std::vector<std::string>& package_database_paths() {
  static const std::vector<std::string> paths = [] {
    std::vector<std::string> files;
    for (const std::string_view directory : model::package_databases())
      files.push_back(std::string(directory) + "/rpmdb.sqlite");
    return files;
  }();
  return paths;
}

} // namespace imagewright::inspect
