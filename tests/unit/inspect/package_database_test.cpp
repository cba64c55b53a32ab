// SPDX-License-Identifier: MIT
#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>

#include "inspect/package_database.hpp"
#include "inspect/sqlite_table.hpp"

using namespace imagewright;

namespace {

std::string database() {
  return imagewright_test::read_text(imagewright_test::source_directory() /
                                     "tests/unit/inspect/data/packages.sqlite");
}

} // namespace

TEST_CASE("reads every package, also those whose rows are spread over many pages") {
  const auto packages = inspect::read_package_database(database());
  REQUIRE(packages);
  REQUIRE(packages->size() == 60);
  CHECK(packages->at(0).to_string() == "package-00-1.0-2.azl3.x86_64");
  CHECK(packages->at(59).to_string() == "package-59-2:1.59-2.azl3.noarch");
}

TEST_CASE("texts and numbers of another table are read as well") {
  const auto rows = inspect::read_sqlite_table(database(), "Name");
  REQUIRE(rows);
  REQUIRE(rows->size() == 60);
  CHECK(rows->at(7) == inspect::SqliteRow{"package-07", ""});
}

TEST_CASE("what is no database, or lacks the table, is nothing") {
  CHECK_FALSE(inspect::read_package_database(""));
  CHECK_FALSE(inspect::read_package_database(std::string(4096, 'x')));
  CHECK(inspect::read_source_packages(std::string(4096, 'x')).empty());
  CHECK_FALSE(inspect::read_sqlite_table(database(), "Absent"));
}

TEST_CASE("a database that is cut off anywhere is told, and nothing beyond its end is read") {
  const std::string whole = database();
  int failures = 0;
  for (std::size_t size = 512; size < whole.size(); size += 512) {
    try {
      // A copy of exactly this size, so that tools that watch memory see a step beyond it.
      const std::string part = whole.substr(0, size);
      (void)inspect::read_package_database(part);
    } catch (const base::Error& error) {
      CHECK(error.diagnostic().code == "inspect.corrupt-database");
      ++failures;
    }
  }
  CHECK(failures > 50);
}

TEST_CASE("a database with changed bytes never leads astray") {
  const std::string whole = database();
  for (std::size_t position = 16; position < whole.size(); position += 37) {
    for (const char value : {'\0', '\1', '\x7f', '\xff'}) {
      std::string changed = whole;
      changed[position] = value;
      try {
        (void)inspect::read_package_database(changed);
      } catch (const base::Error& error) {
        CHECK(error.diagnostic().code == "inspect.corrupt-database");
      }
    }
  }
}
