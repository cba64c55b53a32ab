// SPDX-License-Identifier: MIT
// Packages as a table: what goes in comes out, and whatever else comes is no table.
#include <cstdint>
#include <cstring>
#include <string>

extern "C" {
#include <solv/repodata.h>
#include <solv/solvable.h>
}
#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "resolve/metadata_table.hpp"

using namespace imagewright;
using resolve::FileLists;

namespace {

Id rich(Pool* pool, const char* left, int flags, const char* right) {
  return pool_rel2id(pool, pool_str2id(pool, left, 1), pool_str2id(pool, right, 1), flags, 1);
}

/// Two packages with everything that a table has.
std::string honest_table(std::size_t alternatives = 2) {
  const resolve::PoolPointer pool(pool_create());
  Repo* repository = repo_create(pool.get(), "metadata");
  Repodata* data = repo_add_repodata(repository, 0);
  for (const char* name : {"app", "library"}) {
    const Id package = repo_add_solvable(repository);
    Solvable* solvable = pool_id2solvable(pool.get(), package);
    solvable->name = pool_str2id(pool.get(), name, 1);
    solvable->evr = pool_str2id(pool.get(), "1:2-3", 1);
    solvable->arch = pool_str2id(pool.get(), "noarch", 1);
    solvable_add_deparray(solvable, SOLVABLE_PROVIDES, rich(pool.get(), name, REL_EQ, "1:2-3"), 0);
    Id any = pool_str2id(pool.get(), "other", 1);
    for (std::size_t count = 1; count < alternatives; ++count)
      any = pool_rel2id(pool.get(),
                        pool_str2id(pool.get(), ("other" + std::to_string(count)).c_str(), 1), any,
                        REL_OR, 1);
    solvable_add_deparray(solvable, SOLVABLE_REQUIRES, any, -SOLVABLE_PREREQMARKER);
    solvable_add_deparray(solvable, SOLVABLE_REQUIRES, pool_str2id(pool.get(), "before", 1),
                          SOLVABLE_PREREQMARKER);
    repodata_set_num(data, package, SOLVABLE_INSTALLSIZE, 4096);
    repodata_set_location(data, package, 0, nullptr, "noarch/app-2-3.noarch.rpm");
    repodata_set_poolstr(data, package, SOLVABLE_LICENSE, "MIT");
    repodata_set_sourcepkg(data, package, "app-2-3.src.rpm");
    repodata_set_checksum(data, package, SOLVABLE_CHECKSUM, REPOKEY_TYPE_SHA256,
                          std::string(64, 'a').c_str());
    repodata_add_dirstr(data, package, SOLVABLE_FILELIST, repodata_str2dir(data, "/usr/bin", 1),
                        name);
  }
  repodata_internalize(data);
  return resolve::table_of(repository, FileLists::complete);
}

/// The table of what a table makes, or why it makes nothing.
std::string once_more(const std::string& table) {
  const resolve::PoolPointer pool(pool_create());
  Repo* repository = repo_create(pool.get(), "metadata");
  resolve::add_table(repository, table);
  return resolve::table_of(repository, FileLists::complete);
}

bool is_refused(const std::string& table) {
  try {
    once_more(table);
    return false;
  } catch (const base::BugError&) {
    return true;
  }
}

} // namespace

TEST_CASE("a table makes the packages that it was made of") {
  const std::string table = honest_table();
  CHECK(once_more(table) == table);
}

TEST_CASE("a table that was cut off or has more is none") {
  const std::string table = honest_table();
  for (std::size_t size = 0; size < table.size(); ++size)
    CHECK(is_refused(table.substr(0, size)));
  CHECK(is_refused(table + std::string(8, '\0')));
}

TEST_CASE("whatever number stands in a table, it makes packages or none") {
  const std::string table = honest_table();
  std::size_t refused = 0;
  for (std::size_t place = 0; place + sizeof(std::uint64_t) <= table.size(); ++place) {
    for (const std::uint64_t number :
         {~std::uint64_t{0}, std::uint64_t{1} << 63U, std::uint64_t{1} << 31U, std::uint64_t{7},
          std::uint64_t{1000}}) {
      std::string changed = table;
      std::memcpy(changed.data() + place, &number, sizeof number);
      if (is_refused(changed)) ++refused;
    }
  }
  CHECK(refused > table.size());
}

TEST_CASE("a dependency that has no end is none") {
  CHECK_FALSE(is_refused(honest_table(1000)));
  CHECK(is_refused(honest_table(5000)));
  // Each relation has the one before it twice.
  sandbox::ByteWriter table;
  constexpr std::uint64_t k_levels = 60;
  table.flag(true).number(1).number(k_levels).number(0).number(0).text("a");
  for (std::uint64_t level = 0; level < k_levels; ++level) {
    const std::uint64_t before = level == 0 ? 0 : (level - 1) * 2 + 1;
    table.number(before).number(before).number(REL_OR);
  }
  CHECK(is_refused(table.take()));
}

TEST_CASE("relations and checksums that no metadata has are none") {
  const std::string table = honest_table();
  for (const std::uint64_t flags : {std::uint64_t{0}, std::uint64_t{REL_MULTIARCH},
                                    std::uint64_t{REL_FILECONFLICT}, std::uint64_t{1} << 40U}) {
    sandbox::ByteWriter changed;
    changed.flag(true).number(1).number(1).number(0).number(0).text("a");
    CHECK(is_refused(changed.number(0).number(0).number(flags).take()));
  }
  std::string checksum = table;
  checksum[checksum.find(std::string(64, 'a'))] = 'g';
  CHECK(is_refused(checksum));
}
