// SPDX-License-Identifier: MIT
#include "metadata_table.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <unordered_map>
#include <vector>

extern "C" {
#include <solv/chksum.h>
#include <solv/dataiterator.h>
#include <solv/repodata.h>
#include <solv/solvable.h>
}

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "publication_times.hpp"

namespace imagewright::resolve {

namespace {

using sandbox::ByteReader;
using sandbox::ByteWriter;

constexpr std::array k_dependencies{SOLVABLE_PROVIDES,    SOLVABLE_OBSOLETES,  SOLVABLE_CONFLICTS,
                                    SOLVABLE_REQUIRES,    SOLVABLE_RECOMMENDS, SOLVABLE_SUGGESTS,
                                    SOLVABLE_SUPPLEMENTS, SOLVABLE_ENHANCES};
constexpr std::array k_numbers{SOLVABLE_DOWNLOADSIZE, SOLVABLE_INSTALLSIZE, SOLVABLE_BUILDTIME};
/// What pool_parserpmrichdep and the XML of packages make; the namespace is that of packages that
/// were split.
constexpr std::array k_relations{
    1,       2,      3,        4,           5,        6,          7,
    REL_AND, REL_OR, REL_WITH, REL_WITHOUT, REL_COND, REL_UNLESS, REL_NAMESPACE,
    REL_ELSE};
/// A dependency is walked through by functions that call themselves, and written out as a text.
constexpr std::uint64_t k_largest_dependency = 4096;
/// Identifiers are numbers of 31 bits, of which one tells relations.
constexpr std::uint64_t k_most_entries = std::uint64_t{1} << 28U;
constexpr std::uint64_t k_longest_text = std::uint64_t{1} << 16U;

std::string_view text_or_nothing(const char* text) {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

// --- writing

class TableWriter {
public:
  TableWriter(Repo* repository, FileLists lists)
      : repository_(repository), pool_(repository->pool), lists_(lists) {}

  std::string write() {
    Id package = 0;
    Solvable* solvable = nullptr;
    std::uint64_t count = 0;
    FOR_REPO_SOLVABLES(repository_, package, solvable) {
      write_package(package, *solvable);
      ++count;
    }
    ByteWriter head;
    head.flag(lists_ == FileLists::complete).number(strings_.size()).number(relations_.size());
    head.number(directories_.size()).number(count);
    return head.take() + string_bytes_.take() + relation_bytes_.take() + directory_bytes_.take() +
           package_bytes_.take();
  }

private:
  std::uint64_t string(Id id) {
    const auto [place, is_new] = strings_.try_emplace(id, strings_.size());
    if (is_new) string_bytes_.text(text_or_nothing(pool_id2str(pool_, id)));
    return place->second;
  }

  /// Even numbers are texts, odd ones relations, which stand behind their parts.
  std::uint64_t dependency(Id id) {
    if (!is_relation(id)) return string(id) * 2;
    if (const auto known = relations_.find(id); known != relations_.end())
      return known->second * 2 + 1;
    const Reldep relation = relation_of(pool_, id);
    const std::uint64_t name = dependency(relation.name);
    const std::uint64_t version = dependency(relation.evr);
    relation_bytes_.number(name).number(version).number(static_cast<std::uint64_t>(relation.flags));
    const std::uint64_t number = relations_.size();
    relations_.emplace(id, number);
    return number * 2 + 1;
  }

  std::uint64_t directory(Repodata* data, Id id) {
    const auto [place, is_new] = directories_.try_emplace(id, directories_.size());
    if (is_new) directory_bytes_.text(text_or_nothing(repodata_dir2str(data, id, nullptr)));
    return place->second;
  }

  void write_package(Id package, Solvable& solvable) {
    for (const Id id : {solvable.name, solvable.evr, solvable.arch, solvable.vendor})
      package_bytes_.number(id == 0 ? 0 : string(id) + 1);
    for (const Id kind : k_dependencies) {
      IdQueue queue;
      solvable_lookup_deparray(&solvable, kind, queue.get(), 0);
      package_bytes_.number(queue.ids().size());
      for (const Id id : queue.ids())
        package_bytes_.number(dependency(id));
    }
    for (const Id key : k_numbers)
      package_bytes_.number(solvable_lookup_num(&solvable, key, 0));
    package_bytes_.number(find_publication_time(pool_, package).value_or(0));
    unsigned int medium = 0;
    package_bytes_.text(text_or_nothing(solvable_lookup_location(&solvable, &medium)));
    package_bytes_.text(text_or_nothing(solvable_lookup_str(&solvable, SOLVABLE_MEDIABASE)));
    package_bytes_.text(text_or_nothing(solvable_lookup_str(&solvable, SOLVABLE_LICENSE)));
    package_bytes_.text(text_or_nothing(solvable_lookup_sourcepkg(&solvable)));
    Id type = 0;
    const char* checksum = solvable_lookup_checksum(&solvable, SOLVABLE_CHECKSUM, &type);
    package_bytes_.text(checksum == nullptr ? "" : solv_chksum_type2str(type));
    package_bytes_.text(text_or_nothing(checksum));
    write_files(package);
  }

  void write_files(Id package) {
    ByteWriter files;
    std::uint64_t count = 0;
    Dataiterator iterator;
    dataiterator_init(&iterator, pool_, repository_, package, SOLVABLE_FILELIST, nullptr, 0);
    while (dataiterator_step(&iterator) != 0) {
      files.number(directory(iterator.data, iterator.kv.id)).text(text_or_nothing(iterator.kv.str));
      ++count;
    }
    dataiterator_free(&iterator);
    package_bytes_.number(count).bytes(files.take());
  }

  Repo* repository_;
  Pool* pool_;
  FileLists lists_;
  std::unordered_map<Id, std::uint64_t> strings_;
  std::unordered_map<Id, std::uint64_t> relations_;
  std::unordered_map<Id, std::uint64_t> directories_;
  ByteWriter string_bytes_;
  ByteWriter relation_bytes_;
  ByteWriter directory_bytes_;
  ByteWriter package_bytes_;
};

// --- reading

class TableReader {
public:
  TableReader(Repo* repository, std::string_view table)
      : repository_(repository), pool_(repository->pool), table_(table),
        data_(repo_add_repodata(repository, 0)) {}

  void read() {
    if (!table_.flag()) repodata_set_filelisttype(data_, REPODATA_FILELIST_FILTERED);
    const std::uint64_t strings = count();
    const std::uint64_t relations = count();
    const std::uint64_t directories = count();
    const std::uint64_t packages = count();
    while (strings_.size() < strings)
      strings_.push_back(pool_str2id(pool_, text().c_str(), 1));
    while (relations_.size() < relations)
      read_relation();
    while (directories_.size() < directories)
      directories_.push_back(repodata_str2dir(data_, path().c_str(), 1));
    for (std::uint64_t index = 0; index < packages; ++index)
      read_package();
    if (!table_.at_end()) throw base::BugError("there is more than a table of packages");
    repodata_internalize(data_);
  }

private:
  struct Relation {
    Id id = 0;
    std::uint64_t size = 0; ///< of names in it
  };

  std::uint64_t count() {
    const std::uint64_t value = table_.number();
    if (value > k_most_entries) throw base::BugError("a table of packages is too large");
    return value;
  }

  std::string text() {
    std::string value = table_.text();
    if (value.size() > k_longest_text || value.find('\0') != std::string::npos)
      throw base::BugError("a text of a package is impossible");
    return value;
  }

  std::string path() {
    std::string value = text();
    if (!value.starts_with('/')) throw base::BugError("a directory of packages has no place");
    return value;
  }

  template <typename Entry>
  const Entry& entry(const std::vector<Entry>& entries, std::uint64_t index) const {
    if (index >= entries.size()) throw base::BugError("a part of a package is not there");
    return entries[index];
  }

  Relation dependency() {
    const std::uint64_t number = table_.number();
    if (number % 2 == 0) return {entry(strings_, number / 2), 1};
    return entry(relations_, number / 2);
  }

  void read_relation() {
    const Relation name = dependency();
    const Relation version = dependency();
    const std::uint64_t flags = table_.number();
    const auto is_it = [&](int known) { return static_cast<std::uint64_t>(known) == flags; };
    const std::uint64_t size = name.size + version.size;
    if (std::ranges::none_of(k_relations, is_it))
      throw base::BugError(fmt::format("a dependency is of the impossible kind {}", flags));
    if (size > k_largest_dependency) throw base::BugError("a dependency has no end");
    relations_.push_back(
        {pool_rel2id(pool_, name.id, version.id, static_cast<int>(flags), 1), size});
  }

  void read_package() {
    const Id package = repo_add_solvable(repository_);
    // The pool moves its packages when there are more.
    Solvable* solvable = pool_id2solvable(pool_, package);
    for (Id* const id : {&solvable->name, &solvable->evr, &solvable->arch, &solvable->vendor}) {
      if (const std::uint64_t number = table_.number(); number != 0)
        *id = entry(strings_, number - 1);
    }
    for (const Id kind : k_dependencies) {
      IdQueue queue;
      for (std::uint64_t left = table_.number(); left != 0; --left)
        queue.push(dependency().id);
      if (!queue.empty()) solvable_set_deparray(solvable, kind, queue.get(), 0);
    }
    read_attributes(package);
    read_files(package);
  }

  void read_attributes(Id package) {
    for (const Id key : k_numbers) {
      if (const std::uint64_t number = table_.number(); number != 0)
        repodata_set_num(data_, package, key, number);
    }
    if (const std::uint64_t time = table_.number(); time != 0)
      set_publication_time(data_, package, time);
    if (const std::string place = text(); !place.empty())
      repodata_set_location(data_, package, 0, nullptr, place.c_str());
    if (const std::string base = text(); !base.empty())
      repodata_set_poolstr(data_, package, SOLVABLE_MEDIABASE, base.c_str());
    if (const std::string license = text(); !license.empty())
      repodata_set_poolstr(data_, package, SOLVABLE_LICENSE, license.c_str());
    if (const std::string source = text(); !source.empty())
      repodata_set_sourcepkg(data_, package, source.c_str());
    read_checksum(package);
  }

  void read_checksum(Id package) {
    const std::string kind = text();
    const std::string digits = text();
    if (kind.empty() && digits.empty()) return;
    const Id type = solv_chksum_str2type(kind.c_str());
    const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    if (type == 0 || digits.size() != 2 * static_cast<std::size_t>(solv_chksum_len(type)) ||
        !std::ranges::all_of(digits, is_digit))
      throw base::BugError("a checksum of a package is none");
    repodata_set_checksum(data_, package, SOLVABLE_CHECKSUM, type, digits.c_str());
  }

  void read_files(Id package) {
    for (std::uint64_t left = table_.number(); left != 0; --left) {
      const Id directory = entry(directories_, table_.number());
      repodata_add_dirstr(data_, package, SOLVABLE_FILELIST, directory, text().c_str());
    }
  }

  Repo* repository_;
  Pool* pool_;
  ByteReader table_;
  Repodata* data_;
  std::vector<Id> strings_;
  std::vector<Relation> relations_;
  std::vector<Id> directories_;
};

} // namespace

std::string table_of(Repo* repository, FileLists lists) {
  return TableWriter(repository, lists).write();
}

void add_table(Repo* repository, std::string_view table) {
  TableReader(repository, table).read();
}

} // namespace imagewright::resolve
