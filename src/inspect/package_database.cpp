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
constexpr std::uint64_t k_string_type = 6;

[[noreturn]] void corrupt() {
  throw base::Error(base::FailureKind::verification, "inspect.corrupt-database",
                    "the image's package database is damaged: a package's header is cut off",
                    "copy or make the image again");
}

/// The values of one header that are texts or single numbers.
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

private:
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

} // namespace

std::optional<std::vector<model::Nevra>> read_package_database(std::string_view file) {
  const auto rows = read_sqlite_table(file, "Packages");
  if (!rows) return std::nullopt;
  std::vector<model::Nevra> packages;
  for (const SqliteRow& row : *rows) {
    // Columns of the table: the row's number, the header.
    if (row.size() != 2) corrupt();
    const PackageHeader header(row[1]);
    model::Nevra nevra{header.text(k_name), header.number(k_epoch), header.text(k_version),
                       header.text(k_release), header.text(k_architecture)};
    if (nevra.name != "gpg-pubkey") packages.push_back(std::move(nevra));
  }
  std::sort(packages.begin(), packages.end());
  return packages;
}

} // namespace imagewright::inspect
