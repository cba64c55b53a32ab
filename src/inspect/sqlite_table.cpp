// SPDX-License-Identifier: MIT
#include "sqlite_table.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>

#include "integers.hpp"

// SQLite documentation, "Database File Format": 1.3 (header), 1.6 (b-tree pages), 2.1 (records),
// 2.6 (schema table).

namespace imagewright::inspect {

namespace {

constexpr std::string_view k_magic("SQLite format 3\0", 16);
constexpr std::size_t k_header_size = 100;
constexpr std::uint64_t k_leaf = 0x0d;
constexpr std::uint64_t k_interior = 0x05;
constexpr int k_deepest_tree = 20;

[[noreturn]] void corrupt(const std::string& what) {
  throw base::Error(base::FailureKind::verification, "inspect.corrupt-database",
                    fmt::format("the image's package database is damaged: {}", what),
                    "copy or make the image again");
}

/// Takes numbers off the front of bytes.
class Cursor {
public:
  explicit Cursor(std::string_view bytes) : rest_(bytes) {}

  std::string_view rest() const { return rest_; }

  /// Section 1.6: up to nine bytes, seven bits of each but all of the ninth.
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int count = 1; count <= 9; ++count) {
      if (rest_.empty()) corrupt("a number is cut off");
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      if (count == 9) return value << 8U | byte;
      value = value << 7U | (byte & 0x7fU);
      if ((byte & 0x80U) == 0) return value;
    }
    return value;
  }

  std::string_view take(std::uint64_t count) {
    if (count > rest_.size()) corrupt("a record is cut off");
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

private:
  std::string_view rest_;
};

/// The bytes of a column by its serial type (section 2.1).
std::uint64_t size_of_type(std::uint64_t type) {
  constexpr std::uint64_t sizes[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0};
  if (type < 10) return sizes[type];
  if (type < 12) corrupt("a column has a reserved type");
  return (type - 12) / 2;
}

struct Record {
  std::vector<std::uint64_t> types;
  std::vector<std::string> values;
};

Record parse_record(const std::string& payload) {
  Cursor header(payload);
  const std::uint64_t header_size = header.varint();
  const std::size_t start = payload.size() - header.rest().size();
  if (header_size < start || header_size > payload.size()) corrupt("a record's header is cut off");
  header = Cursor(std::string_view(payload).substr(start, header_size - start));
  Cursor body(std::string_view(payload).substr(header_size));
  Record record;
  while (!header.rest().empty()) {
    const std::uint64_t type = header.varint();
    record.types.push_back(type);
    record.values.emplace_back(body.take(size_of_type(type)));
  }
  return record;
}

/// Walks the table b-trees of one file.
class Database {
public:
  explicit Database(std::string_view file) : file_(file) {
    page_size_ = big_endian(file_, 16, 2);
    if (page_size_ == 1) page_size_ = 65536;
    const std::uint64_t reserved = big_endian(file_, 20, 1);
    if (page_size_ < 512 || (page_size_ & (page_size_ - 1)) != 0 || reserved > 255 ||
        page_size_ - reserved < 480) {
      corrupt("its page size is impossible");
    }
    usable_ = page_size_ - reserved;
  }

  using Visitor = std::function<void(const std::string& payload)>;

  void for_each_row(std::uint64_t root_page, const Visitor& visit) {
    visited_.clear();
    walk(root_page, 0, visit);
  }

private:
  std::string_view page(std::uint64_t number) const {
    if (number == 0 || number > file_.size() / page_size_) corrupt("a page is beyond its end");
    return file_.substr((number - 1) * page_size_, page_size_);
  }

  std::string_view from(std::string_view bytes, std::uint64_t offset, std::uint64_t least) const {
    if (offset > usable_ || usable_ - offset < least) corrupt("a cell is beyond its page");
    return bytes.substr(offset, usable_ - offset);
  }

  void walk(std::uint64_t number, int depth, const Visitor& visit) {
    if (depth > k_deepest_tree || !visited_.insert(number).second) corrupt("a page has a loop");
    const std::string_view bytes = page(number);
    const std::size_t start = number == 1 ? k_header_size : 0;
    const std::uint64_t kind = big_endian(bytes, start, 1);
    if (kind != k_leaf && kind != k_interior) corrupt("a page is of another kind");
    const std::uint64_t cells = big_endian(bytes, start + 3, 2);
    const std::size_t pointers = start + (kind == k_interior ? 12 : 8);
    if (pointers + 2 * cells > usable_) corrupt("a page has more cells than room");
    for (std::uint64_t index = 0; index < cells; ++index) {
      const std::uint64_t offset = big_endian(bytes, pointers + 2 * index, 2);
      if (kind == k_leaf) {
        visit(payload_of(from(bytes, offset, 2)));
      } else {
        walk(big_endian(from(bytes, offset, 4), 0, 4), depth + 1, visit);
      }
    }
    if (kind == k_interior) walk(big_endian(bytes, start + 8, 4), depth + 1, visit);
  }

  /// Section 1.6, "Cell payload overflow pages".
  std::string payload_of(std::string_view cell) const {
    Cursor cursor(cell);
    const std::uint64_t size = cursor.varint();
    cursor.varint(); // The row's number.
    if (size > file_.size()) corrupt("a row is larger than the file");
    const std::uint64_t most = usable_ - 35;
    if (size <= most) return std::string(cursor.take(size));
    const std::uint64_t least = (usable_ - 12) * 32 / 255 - 23;
    const std::uint64_t fitting = least + (size - least) % (usable_ - 4);
    std::string payload(cursor.take(fitting <= most ? fitting : least));
    std::uint64_t next = big_endian(cursor.take(4), 0, 4);
    while (payload.size() < size) {
      const std::string_view overflow = page(next);
      next = big_endian(overflow, 0, 4);
      payload += overflow.substr(4, std::min<std::uint64_t>(usable_ - 4, size - payload.size()));
    }
    return payload;
  }

  std::string_view file_;
  std::uint64_t page_size_ = 0;
  std::uint64_t usable_ = 0;
  std::set<std::uint64_t> visited_;
};

/// Columns of the schema table: type, name, tbl_name, rootpage, sql.
std::optional<std::uint64_t> root_page_of(Database& database, std::string_view table) {
  std::optional<std::uint64_t> page;
  database.for_each_row(1, [&](const std::string& payload) {
    const Record record = parse_record(payload);
    if (record.values.size() < 4 || record.values[0] != "table" || record.values[1] != table) {
      return;
    }
    if (record.types[3] == 9) page = 1;
    if (record.types[3] >= 1 && record.types[3] <= 6) {
      page = big_endian(record.values[3], 0, record.values[3].size());
    }
  });
  return page;
}

} // namespace

std::optional<std::vector<SqliteRow>> read_sqlite_table(std::string_view file,
                                                        std::string_view table) {
  if (file.size() < 512 || !file.starts_with(k_magic)) return std::nullopt;
  Database database(file);
  const auto root = root_page_of(database, table);
  if (!root) return std::nullopt;
  std::vector<SqliteRow> rows;
  database.for_each_row(*root, [&](const std::string& payload) {
    Record record = parse_record(payload);
    for (std::size_t index = 0; index < record.types.size(); ++index) {
      if (record.types[index] < 12) record.values[index].clear();
    }
    rows.push_back(std::move(record.values));
  });
  return rows;
}

} // namespace imagewright::inspect
