// SPDX-License-Identifier: MIT
#include <set>

#include <fmt/format.h>

#include <imagewright/audit/comparison.hpp>
#include <imagewright/audit/manifest_file_line.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/kernel_command_line.hpp>

#include "difference_list.hpp"
#include "package_differences.hpp"
#include "size_changes.hpp"

namespace imagewright::audit {

namespace {

using AspectTable = std::map<std::string, Aspects>;

AspectTable repositories(const std::vector<model::LockedRepository>& repositories) {
  AspectTable table;
  for (const model::LockedRepository& repository : repositories) {
    table[repository.name] = {{"address", repository.address},
                              {"metadata", repository.metadata.to_string()},
                              {"keys", base::join(repository.key_fingerprints, " ")}};
  }
  return table;
}

/// Several versions of one package may lie beside each other: each is known by its place.
AspectTable stored_packages(const std::vector<model::StoredPackage>& stored) {
  AspectTable table;
  for (const model::StoredPackage& each : stored) {
    table[each.path()] = {{"content", each.package.checksum.to_string()},
                          {"repository", each.package.repository}};
  }
  return table;
}

AspectTable container_images(const std::vector<model::LockedContainerImage>& images) {
  AspectTable table;
  for (const model::LockedContainerImage& image : images) {
    table[image.name + " in " + image.name_space] = {
        {"manifest", image.manifest.to_string()},
        {"config", image.config.to_string()},
        {"pinned", image.pinning == model::Pinning::pinned ? "yes" : "no"}};
  }
  return table;
}

AspectTable partitions(const model::DiskLayout& layout) {
  AspectTable table{
      {"disk", {{"size", base::to_string(layout.size)}, {"uuid", layout.uuid.to_string()}}}};
  for (const model::Partition& partition : layout.partitions) {
    Aspects& aspects = table["partition " + partition.id];
    aspects = {{"label", partition.label},
               {"type", partition.type.to_string()},
               {"uuid", partition.uuid.to_string()},
               {"start", fmt::format("{}", partition.start.bytes())},
               {"size", base::to_string(partition.size)}};
    if (!partition.filesystem) continue;
    aspects["filesystem"] = model::mount_type_of(partition.filesystem->type);
    aspects["filesystem uuid"] = partition.filesystem->uuid.to_string();
    aspects["filesystem label"] = partition.filesystem->label;
    aspects["mount point"] = partition.filesystem->mount_point;
    aspects["mount options"] = partition.filesystem->mount_options;
  }
  return table;
}

AspectTable files(const Manifest& manifest) {
  AspectTable table;
  for (const auto& [path, line] : manifest.files)
    // Whose a file is, is said of the package.
    table.emplace(path, parse_file_line(line)).first->second.erase("package");
  return table;
}

AspectTable units(const Manifest& manifest) {
  AspectTable table;
  for (const model::UnitChange& unit : manifest.units)
    table[unit.unit] = {{"state", model::to_string(unit.state)}};
  return table;
}

AspectTable checks(const Manifest& manifest) {
  AspectTable table;
  for (const model::Check& check : manifest.checks) {
    table[check.name] = {{"kind", model::to_string(check.kind)},
                         {"subject", check.subject},
                         {"expected", check.expected}};
  }
  return table;
}

AspectTable kernels(const Manifest& manifest) {
  AspectTable table;
  for (const model::InstalledKernel& kernel : manifest.kernels)
    table[kernel.release] = {{"image", kernel.image}, {"initramfs", kernel.initramfs}};
  return table;
}

AspectTable artifacts(const Manifest& manifest) {
  AspectTable table;
  for (const ArtifactRecord& artifact : manifest.artifacts) {
    table[artifact.file] = {{"format", std::string(model::to_string(artifact.format))},
                            {"size", base::to_string(artifact.virtual_size)},
                            {"content", artifact.digest.to_string()}};
  }
  return table;
}

} // namespace

Comparison compare_manifests(const Manifest& left, const Manifest& right) {
  Comparison comparison;
  compare_packages(known_packages(left.packages), known_packages(right.packages))
      .move_to(comparison, "packages");
  DifferenceList list;
  const auto compare_tables = [&](AspectTable (*table)(const Manifest&), const char* title,
                                  std::string_view shown = {}) {
    list.compare_all(table(left), table(right), shown);
    list.move_to(comparison, title);
  };
  list.compare("image", "name", left.name, right.name);
  list.compare("image", "architecture", left.architecture, right.architecture);
  list.compare("image", "release", left.release, right.release);
  list.compare("image", "epoch", base::to_iso8601(left.epoch), base::to_iso8601(right.epoch));
  list.compare("imagewright", "version", left.tool_version, right.tool_version);
  list.move_to(comparison, "build");
  compare_tables(kernels, "kernels");
  list.compare_words(model::kernel_words(left.kernel_command_line),
                     model::kernel_words(right.kernel_command_line));
  list.move_to(comparison, "kernel arguments");
  compare_tables(units, "units", "state");
  compare_tables(checks, "checks", "expected");
  list.compare_all(repositories(left.repositories), repositories(right.repositories), "address");
  list.move_to(comparison, "repositories");
  list.compare_all(partitions(left.layout), partitions(right.layout), "size");
  list.move_to(comparison, "disk");
  const AspectTable files_before = files(left);
  const AspectTable files_after = files(right);
  list.compare_all(files_before, files_after, "type");
  list.move_to(comparison, "files");
  compare_tables(artifacts, "artifacts");
  comparison.package_sizes = size_changes(sizes_of(left.packages), sizes_of(right.packages));
  Sizes before;
  Sizes after;
  add_directory_sizes(before, files_before);
  add_directory_sizes(after, files_after);
  comparison.directory_sizes = size_changes(before, after);
  return comparison;
}

Comparison compare_locks(const model::Lock& left, const model::Lock& right) {
  std::set<std::string> names;
  for (const model::Lock* lock : {&left, &right}) {
    for (const model::ArchitectureLock& entry : lock->architectures)
      names.insert(entry.architecture);
  }
  Comparison comparison;
  for (const std::string& name : names) {
    const model::ArchitectureLock* before = left.find(name);
    const model::ArchitectureLock* after = right.find(name);
    const model::ArchitectureLock none;
    const model::ArchitectureLock& one = before != nullptr ? *before : none;
    const model::ArchitectureLock& other = after != nullptr ? *after : none;
    compare_packages(known_packages(one.packages), known_packages(other.packages))
        .move_to(comparison, "packages for " + name);
    DifferenceList list;
    list.compare_all(stored_packages(one.stored), stored_packages(other.stored));
    list.move_to(comparison, "stored packages for " + name);
    list.compare_all(container_images(one.container_images),
                     container_images(other.container_images), "manifest");
    list.move_to(comparison, "container images for " + name);
    list.compare_all(repositories(one.repositories), repositories(other.repositories), "address");
    list.move_to(comparison, "repositories for " + name);
    if (before != nullptr && after != nullptr) {
      list.compare("request", "digest", one.request.to_string(), other.request.to_string());
    }
    list.move_to(comparison, "request for " + name);
    for (SizeChange& change : size_changes(sizes_of(one.packages), sizes_of(other.packages)))
      comparison.package_sizes.push_back(std::move(change));
  }
  return comparison;
}

} // namespace imagewright::audit
