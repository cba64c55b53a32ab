// SPDX-License-Identifier: MIT
#include "installed_packages_codec.hpp"

#include <imagewright/base/error.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "system_facts_codec.hpp"

namespace imagewright::inspect {

namespace {

using model::InstalledPackage;
using model::PackageRelation;
using sandbox::ByteReader;
using sandbox::ByteWriter;

// Members that are added and not named in the bindings do not compile.

void write(ByteWriter& writer, const std::vector<PackageRelation>& relations) {
  writer.number(relations.size());
  for (const auto& [name, is_less, is_greater, is_equal, version] : relations)
    writer.text(name).flag(is_less).flag(is_greater).flag(is_equal).text(version);
}

std::vector<PackageRelation> read_relations(ByteReader& reader) {
  std::vector<PackageRelation> relations;
  for (std::uint64_t left = reader.number(); left != 0; --left) {
    PackageRelation& relation = relations.emplace_back();
    relation.name = reader.text();
    relation.is_less = reader.flag();
    relation.is_greater = reader.flag();
    relation.is_equal = reader.flag();
    relation.version = reader.text();
  }
  return relations;
}

InstalledPackage read_package(ByteReader& reader) {
  InstalledPackage package;
  package.nevra = read_nevra(reader);
  package.vendor = reader.text();
  package.installed_size = base::ByteSize(reader.number());
  package.build_time = reader.time();
  package.provides = read_relations(reader);
  package.requirements = read_relations(reader);
  package.conflicts = read_relations(reader);
  package.obsoletes = read_relations(reader);
  package.recommends = read_relations(reader);
  package.supplements = read_relations(reader);
  package.files = reader.texts();
  return package;
}

} // namespace

std::string encode(const std::vector<InstalledPackage>& packages) {
  ByteWriter writer;
  writer.number(packages.size());
  for (const auto& [nevra, vendor, installed_size, build_time, provides, requirements, conflicts,
                    obsoletes, recommends, supplements, files] : packages) {
    write(writer, nevra);
    writer.text(vendor).number(installed_size.bytes()).time(build_time);
    for (const auto* relations :
         {&provides, &requirements, &conflicts, &obsoletes, &recommends, &supplements})
      write(writer, *relations);
    writer.texts(files);
  }
  return writer.take();
}

std::vector<InstalledPackage> decode_installed_packages(std::string_view bytes) {
  ByteReader reader(bytes);
  std::vector<InstalledPackage> packages;
  for (std::uint64_t left = reader.number(); left != 0; --left)
    packages.push_back(read_package(reader));
  if (!reader.at_end()) throw base::BugError("there is more than packages");
  return packages;
}

} // namespace imagewright::inspect
