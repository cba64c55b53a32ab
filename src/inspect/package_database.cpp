// SPDX-License-Identifier: MIT
#include "package_database.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <imagewright/base/error.hpp>
#include <imagewright/inspect/package_header.hpp>

namespace imagewright::inspect {

namespace {

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

std::uint64_t number(const PackageHeader& header, std::uint64_t tag) {
  const std::vector<std::uint64_t> found = header.numbers(tag);
  return found.empty() ? 0 : found.front();
}

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
  const auto is_beyond = [&](std::uint64_t index) { return index >= directories.size(); };
  if (indexes.size() != names.size() || std::ranges::any_of(indexes, is_beyond)) {
    throw base::Error(base::FailureKind::verification, "inspect.corrupt-database",
                      "the image's package database is damaged: a package's files have no places",
                      "copy or make the image again");
  }
  std::vector<std::string> files;
  for (std::size_t index = 0; index < names.size(); ++index)
    files.push_back(directories[indexes[index]] + names[index]);
  return files;
}

model::InstalledPackage package_of(const PackageHeader& header) {
  const std::uint64_t size = number(header, k_long_size);
  const auto built = static_cast<std::uint32_t>(number(header, k_build_time));
  return {.nevra = header.nevra(),
          .vendor = header.text(k_vendor),
          .installed_size = base::ByteSize(size != 0 ? size : number(header, k_size)),
          .build_time = base::Epoch(std::chrono::seconds(built)),
          .provides = relations(header, k_provides),
          .requirements = relations(header, k_requirements),
          .conflicts = relations(header, k_conflicts),
          .obsoletes = relations(header, k_obsoletes),
          .recommends = relations(header, k_recommends),
          .supplements = relations(header, k_supplements),
          .files = files_of(header)};
}

} // namespace

std::optional<std::vector<model::InstalledPackage>> read_installed_database(std::string_view file) {
  const auto headers = read_package_headers(file);
  if (!headers) return std::nullopt;
  std::vector<model::InstalledPackage> packages;
  for (const PackageHeader& header : *headers) {
    if (!header.nevra().is_key()) packages.push_back(package_of(header));
  }
  std::ranges::sort(packages, {}, &model::InstalledPackage::nevra);
  return packages;
}

std::optional<std::vector<model::Nevra>> read_package_database(std::string_view file) {
  const auto headers = read_package_headers(file);
  if (!headers) return std::nullopt;
  std::vector<model::Nevra> packages;
  for (const PackageHeader& header : *headers) {
    model::Nevra nevra = header.nevra();
    if (!nevra.is_key()) packages.push_back(std::move(nevra));
  }
  std::sort(packages.begin(), packages.end());
  return packages;
}

std::map<std::string, std::string> read_source_packages(std::string_view file) {
  std::map<std::string, std::string> sources;
  const auto headers = read_package_headers(file);
  if (!headers) return sources;
  for (const PackageHeader& header : *headers) {
    std::string source = header.source_package();
    if (!source.empty()) sources.emplace(header.nevra().to_string(), std::move(source));
  }
  return sources;
}

} // namespace imagewright::inspect
