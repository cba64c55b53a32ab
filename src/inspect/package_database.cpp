// SPDX-License-Identifier: MIT
#include "package_database.hpp"

#include <algorithm>
#include <map>
#include <string>

#include <imagewright/base/error.hpp>

#include "integers.hpp"
#include "sqlite_table.hpp"

// RPM documentation, "RPM V4 header format": count of entries, size of the data, entries of 16
// bytes (tag, type, offset, count), data.

namespace imagewright::inspect {

namespace {

constexpr std::size_t k_entry_size = 16;
constexpr std::uint64_t k_name = 1000;
constexpr std::uint64_t k_version = 1001;
constexpr std::uint64_t k_release = 1002;
constexpr std::uint64_t k_epoch = 1003;
constexpr std::uint64_t k_architecture = 1022;
constexpr std::uint64_t k_int32_type = 4;
constexpr std::uint64_t k_int64_type = 5;
constexpr std::uint64_t k_string_type = 6;
constexpr std::uint64_t k_string_array_type = 8;
constexpr std::uint64_t k_build_time = 1006;
constexpr std::uint64_t k_size = 1009;
constexpr std::uint64_t k_vendor = 1011;
constexpr std::uint64_t k_directory_indexes = 1116;
constexpr std::uint64_t k_base_names = 1117;
constexpr std::uint64_t k_directory_names = 1118;
constexpr std::uint64_t k_long_size = 5009;

/// Tags of the three lists that relations are kept in.
struct RelationTags {
  std::uint64_t names;
  std::uint64_t flags;
  std::uint64_t versions;
};
constexpr RelationTags k_provides{1047, 1112, 1113};
constexpr RelationTags k_requirements{1049, 1048, 1050};
constexpr RelationTags k_conflicts{1054, 1053, 1055};
constexpr RelationTags k_obsoletes{1090, 1114, 1115};
constexpr RelationTags k_recommends{5046, 5048, 5047};
constexpr RelationTags k_supplements{5052, 5054, 5053};

[[noreturn]] void corrupt() {
  throw base::Error(base::FailureKind::verification, "inspect.corrupt-database",
                    "the image's package database is damaged: a package's header is cut off",
                    "copy or make the image again");
}

/// The values of one header.
class PackageHeader {
public:
  explicit PackageHeader(std::string_view bytes) {
    if (bytes.size() < 8) corrupt();
    const std::uint64_t count = big_endian(bytes, 0, 4);
    if (count > (bytes.size() - 8) / k_entry_size) corrupt();
    entries_ = bytes.substr(8, count * k_entry_size);
    data_ = bytes.substr(8 + count * k_entry_size);
  }

  std::string text(std::uint64_t tag) const {
    const auto offset = find(tag, k_string_type);
    if (!offset) return {};
    const std::string_view rest = data_.substr(*offset);
    return std::string(rest.substr(0, rest.find('\0')));
  }

  std::uint32_t number(std::uint64_t tag) const {
    const auto offset = find(tag, k_int32_type);
    if (!offset) return 0;
    if (data_.size() - *offset < 4) corrupt();
    return static_cast<std::uint32_t>(big_endian(data_, *offset, 4));
  }

  std::uint64_t wide_number(std::uint64_t tag) const {
    const auto offset = find(tag, k_int64_type);
    if (!offset) return 0;
    if (data_.size() - *offset < 8) corrupt();
    return big_endian(data_, *offset, 8);
  }

  std::vector<std::string> texts(std::uint64_t tag) const {
    std::vector<std::string> texts;
    const auto offset = find(tag, k_string_array_type);
    if (!offset) return texts;
    std::string_view rest = data_.substr(*offset);
    for (std::uint64_t count = count_of(tag, k_string_array_type); count != 0; --count) {
      const std::size_t end = rest.find('\0');
      if (end == std::string_view::npos) corrupt();
      texts.emplace_back(rest.substr(0, end));
      rest.remove_prefix(end + 1);
    }
    return texts;
  }

  std::vector<std::uint64_t> numbers(std::uint64_t tag) const {
    std::vector<std::uint64_t> numbers;
    const auto offset = find(tag, k_int32_type);
    if (!offset) return numbers;
    const std::uint64_t count = count_of(tag, k_int32_type);
    if (count > (data_.size() - *offset) / 4) corrupt();
    for (std::uint64_t index = 0; index < count; ++index)
      numbers.push_back(big_endian(data_, *offset + index * 4, 4));
    return numbers;
  }

private:
  std::uint64_t count_of(std::uint64_t tag, std::uint64_t type) const {
    for (std::size_t at = 0; at < entries_.size(); at += k_entry_size) {
      if (big_endian(entries_, at, 4) == tag && big_endian(entries_, at + 4, 4) == type)
        return big_endian(entries_, at + 12, 4);
    }
    return 0;
  }

  std::optional<std::size_t> find(std::uint64_t tag, std::uint64_t type) const {
    for (std::size_t at = 0; at < entries_.size(); at += k_entry_size) {
      if (big_endian(entries_, at, 4) != tag || big_endian(entries_, at + 4, 4) != type) continue;
      const std::uint64_t offset = big_endian(entries_, at + 8, 4);
      if (offset >= data_.size()) corrupt();
      return offset;
    }
    return std::nullopt;
  }

  std::string_view entries_;
  std::string_view data_;
};

std::vector<model::PackageRelation> relations(const PackageHeader& header,
                                              const RelationTags& tags) {
  std::vector<std::string> names = header.texts(tags.names);
  std::vector<std::string> versions = header.texts(tags.versions);
  const std::vector<std::uint64_t> flags = header.numbers(tags.flags);
  std::vector<model::PackageRelation> relations;
  for (std::size_t index = 0; index < names.size(); ++index) {
    // What librpm itself can do is no matter between packages.
    if (names[index].empty() || names[index].starts_with("rpmlib(")) continue;
    model::PackageRelation& relation = relations.emplace_back();
    relation.name = std::move(names[index]);
    if (index >= versions.size() || index >= flags.size() || versions[index].empty()) continue;
    relation.version = std::move(versions[index]);
    relation.is_less = (flags[index] & 2U) != 0;
    relation.is_greater = (flags[index] & 4U) != 0;
    relation.is_equal = (flags[index] & 8U) != 0;
  }
  return relations;
}

std::vector<std::string> files_of(const PackageHeader& header) {
  const std::vector<std::string> names = header.texts(k_base_names);
  const std::vector<std::string> directories = header.texts(k_directory_names);
  const std::vector<std::uint64_t> indexes = header.numbers(k_directory_indexes);
  if (indexes.size() != names.size()) corrupt();
  std::vector<std::string> files;
  for (std::size_t index = 0; index < names.size(); ++index) {
    if (indexes[index] >= directories.size()) corrupt();
    files.push_back(directories[indexes[index]] + names[index]);
  }
  return files;
}

model::Nevra nevra_of(const PackageHeader& header) {
  return {header.text(k_name), header.number(k_epoch), header.text(k_version),
          header.text(k_release), header.text(k_architecture)};
}

model::InstalledPackage package_of(const PackageHeader& header) {
  const std::uint64_t size = header.wide_number(k_long_size);
  return {.nevra = nevra_of(header),
          .vendor = header.text(k_vendor),
          .installed_size = base::ByteSize(size != 0 ? size : header.number(k_size)),
          .build_time = base::Epoch(std::chrono::seconds(header.number(k_build_time))),
          .provides = relations(header, k_provides),
          .requirements = relations(header, k_requirements),
          .conflicts = relations(header, k_conflicts),
          .obsoletes = relations(header, k_obsoletes),
          .recommends = relations(header, k_recommends),
          .supplements = relations(header, k_supplements),
          .files = files_of(header)};
}

} // namespace

std::optional<std::vector<model::InstalledPackage>>
read_installed_database(std::string_view file) {
  const auto rows = read_sqlite_table(file, "Packages");
  if (!rows) return std::nullopt;
  std::vector<model::InstalledPackage> packages;
  for (const SqliteRow& row : *rows) {
    if (row.size() != 2) corrupt();
    const PackageHeader header(row[1]);
    if (header.text(k_name) != "gpg-pubkey") packages.push_back(package_of(header));
  }
  std::ranges::sort(packages, {}, &model::InstalledPackage::nevra);
  return packages;
}

std::optional<std::vector<model::Nevra>> read_package_database(std::string_view file) {
  const auto rows = read_sqlite_table(file, "Packages");
  if (!rows) return std::nullopt;
  std::vector<model::Nevra> packages;
  for (const SqliteRow& row : *rows) {
    // Columns of the table: the row's number, the header.
    if (row.size() != 2) corrupt();
    const PackageHeader header(row[1]);
    model::Nevra nevra = nevra_of(header);
    if (nevra.name != "gpg-pubkey") packages.push_back(std::move(nevra));
  }
  std::sort(packages.begin(), packages.end());
  return packages;
}

} // namespace imagewright::inspect
