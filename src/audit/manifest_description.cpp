// SPDX-License-Identifier: MIT
#include <algorithm>

#include <fmt/format.h>

#include <imagewright/audit/manifest_description.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/model/filesystem_type.hpp>

namespace imagewright::audit {

namespace {

/// Texts from a manifest go to a terminal: nothing in them may act there.
std::string shown(std::string_view text) {
  return base::escape_controls(text);
}

std::string row(std::string_view name, std::string_view value) {
  return fmt::format("  {:<21}{}\n", name, value.empty() ? "-" : shown(value));
}

std::vector<std::string> units_that_are(const Manifest& manifest, model::UnitState state) {
  std::vector<std::string> names;
  for (const model::UnitChange& change : manifest.units) {
    if (change.state == state) names.push_back(change.unit);
  }
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> kernels_of(const Manifest& manifest) {
  std::vector<std::string> releases;
  for (const model::InstalledKernel& kernel : manifest.kernels)
    releases.push_back(kernel.release);
  return releases;
}

std::string partition_rows(const Manifest& manifest) {
  const auto& partitions = manifest.layout.partitions;
  std::size_t width = 0;
  for (const model::Partition& partition : partitions)
    width = std::max(width, shown(partition.label).size());
  std::string text;
  for (std::size_t index = 0; index < partitions.size(); ++index) {
    const model::Partition& partition = partitions[index];
    const auto& filesystem = partition.filesystem;
    text += fmt::format(
        "  {:<2} {:<{}}  {:>9}  {}\n", index + 1, shown(partition.label), width,
        base::to_string(partition.size),
        filesystem
            ? fmt::format("{:<5} {:<36}  {}", model::mount_type_of(filesystem->type),
                          filesystem->uuid.to_string(),
                          filesystem->mount_point.empty() ? "-" : shown(filesystem->mount_point))
            : "no filesystem");
  }
  return text;
}

std::string artifact_rows(const Manifest& manifest) {
  std::string text;
  for (const ArtifactRecord& artifact : manifest.artifacts) {
    text += fmt::format("  {}  {}  {}\n", shown(artifact.file), base::to_string(artifact.file_size),
                        artifact.digest.to_string());
  }
  return text;
}

json::Array texts(const std::vector<std::string>& items) {
  return {items.begin(), items.end()};
}

json::Value partitions_json(const Manifest& manifest) {
  json::Array array;
  std::int64_t number = 0;
  for (const model::Partition& partition : manifest.layout.partitions) {
    json::Object object{{"number", ++number},
                        {"label", partition.label},
                        {"type", partition.type.to_string()},
                        {"uuid", partition.uuid.to_string()},
                        {"start", partition.start.bytes()},
                        {"size", partition.size.bytes()}};
    if (const auto& filesystem = partition.filesystem) {
      object.emplace_back("filesystem",
                          json::Object{{"type", model::mount_type_of(filesystem->type)},
                                       {"uuid", filesystem->uuid.to_string()},
                                       {"label", filesystem->label},
                                       {"mountPoint", filesystem->mount_point}});
    }
    array.emplace_back(std::move(object));
  }
  return array;
}

json::Value packages_json(const Manifest& manifest) {
  json::Array array;
  for (const model::LockedPackage& package : manifest.packages) {
    array.push_back(json::Object{{"name", package.nevra.name},
                                 {"epoch", package.nevra.epoch},
                                 {"version", package.nevra.version},
                                 {"release", package.nevra.release},
                                 {"architecture", package.nevra.architecture}});
  }
  return array;
}

} // namespace

std::string describe(const Manifest& manifest, const std::string& name,
                     inspect::FileListing files) {
  using model::UnitState;
  std::string text =
      fmt::format("{}: the manifest of {} for {}, disk of {}, {}\n", shown(name),
                  shown(manifest.name), shown(manifest.architecture),
                  base::to_string(manifest.layout.size), manifest.layout.uuid.to_string());
  text += "\nfiles that were written\n" + artifact_rows(manifest);
  text += "\npartitions\n" + partition_rows(manifest);
  text += "\nsystem\n" + row("release", manifest.release) +
          row("time stamp", base::to_iso8601(manifest.epoch)) +
          row("kernels", base::join(kernels_of(manifest), ", ")) +
          row("kernel command line", manifest.kernel_command_line) +
          row("enabled units", base::join(units_that_are(manifest, UnitState::enabled), " ")) +
          row("disabled units", base::join(units_that_are(manifest, UnitState::disabled), " ")) +
          row("masked units", base::join(units_that_are(manifest, UnitState::masked), " "));
  text += "\nchecks\n";
  for (const model::Check& check : manifest.checks)
    text += fmt::format("  {}\n", shown(check.name));
  text += fmt::format("\n{} packages\n", manifest.packages.size());
  for (const model::LockedPackage& package : manifest.packages)
    text += fmt::format("  {}\n", shown(package.nevra.to_string()));
  if (files == inspect::FileListing::omitted) return text;
  text += fmt::format("\n{} files\n", manifest.files.size());
  for (const auto& [path, record] : manifest.files)
    text += fmt::format("  {} {}\n", shown(path), shown(record));
  return text;
}

json::Value description_of(const Manifest& manifest, const std::string& name,
                           inspect::FileListing files) {
  using model::UnitState;
  json::Object object{
      {"imagewrightInspection", 1},
      {"file", name},
      {"format", "manifest"},
      {"disk", json::Object{{"size", manifest.layout.size.bytes()},
                            {"uuid", manifest.layout.uuid.to_string()},
                            {"partitions", partitions_json(manifest)}}},
      {"system",
       json::Object{{"release", manifest.release},
                    {"architecture", manifest.architecture},
                    {"kernels", texts(kernels_of(manifest))},
                    {"kernelCommandLine", manifest.kernel_command_line},
                    {"enabledUnits", texts(units_that_are(manifest, UnitState::enabled))},
                    {"disabledUnits", texts(units_that_are(manifest, UnitState::disabled))},
                    {"maskedUnits", texts(units_that_are(manifest, UnitState::masked))}}},
      {"packages", packages_json(manifest)}};
  if (files == inspect::FileListing::included) {
    json::Object listed;
    for (const auto& [path, record] : manifest.files)
      listed.emplace_back(path, record);
    object.emplace_back("files", std::move(listed));
  }
  return object;
}

} // namespace imagewright::audit
