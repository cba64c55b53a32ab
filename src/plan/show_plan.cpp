// SPDX-License-Identifier: MIT
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/plan/show_plan.hpp>

#include "plan_sections.hpp"

namespace imagewright::plan {

namespace {

std::string command_line(const ResolvedPlan& plan) {
  std::vector<std::string> words;
  for (const model::KernelArgument& argument : shown_arguments(plan)) {
    words.push_back(argument.text);
  }
  return base::join(words, " ");
}

base::ByteSize total(const model::ArchitectureLock& lock,
                     base::ByteSize model::LockedPackage::*size) {
  base::ByteSize sum;
  for (const model::LockedPackage& package : lock.packages)
    sum = sum + package.*size;
  return sum;
}

std::string formats_of(const BuildPlan& plan) {
  std::vector<std::string> words;
  for (const model::OutputImage& output : plan.outputs)
    words.push_back(format_word(output.format));
  return base::join(words, ", ");
}

/// Rows in columns that are as wide as their widest cell; the last column is not padded.
std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t column = 0; column < row.size(); ++column) {
      widths[column] = std::max(widths[column], row[column].size());
    }
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line = " ";
    for (std::size_t column = 0; column < row.size(); ++column) {
      line += column + 1 == row.size() ? " " + row[column]
                                       : fmt::format(" {:<{}}", row[column], widths[column]);
    }
    text += std::string(base::trimmed(line)).insert(0, "  ") + "\n";
  }
  return text;
}

std::string layout_table(const ResolvedPlan& plan) {
  std::vector<std::vector<std::string>> rows{{"PARTITION", "START", "SIZE", "FILESYSTEM", "MOUNT"}};
  for (const model::Partition& partition : plan.layout.partitions) {
    const auto& filesystem = partition.filesystem;
    const bool is_fitted =
        storage_of(plan.plan).fits_content && &partition == &plan.layout.partitions.back();
    rows.push_back({partition.id.empty() ? partition.label : partition.id,
                    base::to_string(partition.start),
                    is_fitted ? "fitted" : base::to_string(partition.size),
                    filesystem ? model::mount_type_of(filesystem->type) : "-",
                    filesystem ? filesystem->mount_point : ""});
  }
  return table(rows);
}

/// How large the disk becomes is known only when its content is.
std::string disk_text(const ResolvedPlan& plan) {
  const model::StorageConfig& storage = storage_of(plan.plan);
  if (!storage.fits_content) return fmt::format("Disk: {}\n", base::to_string(plan.layout.size));
  return fmt::format("Disk: the last partition is fitted to its content and {} of free space\n",
                     base::to_string(storage.free_space));
}

std::string request_table(const BuildPlan& plan) {
  std::vector<std::vector<std::string>> rows;
  for (const model::PackageRequest& request : plan.packages)
    rows.push_back({request.spec, "from " + request.origin});
  return rows.empty() ? "" : "Package requests:\n" + table(rows);
}

std::string package_table(const model::ArchitectureLock& lock) {
  std::vector<std::vector<std::string>> rows{{"PACKAGE", "VERSION", "ARCH", "REPOSITORY", "SIZE"}};
  for (const model::LockedPackage& package : lock.packages) {
    rows.push_back({package.nevra.name, package.nevra.evr(), package.nevra.architecture,
                    package.repository, base::to_string(package.installed_size)});
  }
  return table(rows);
}

} // namespace

std::string to_text(const ResolvedPlan& plan, PackageListing listing) {
  const model::ArchitectureLock& lock = plan.lock;
  std::string text =
      fmt::format("{} for {}, release {} ({})\n", plan.plan.config.name,
                  plan.plan.architecture.name, plan.plan.release.name, plan.plan.release.title);
  text += fmt::format("Time stamp: {}\n", base::to_iso8601(plan.epoch));
  text += fmt::format("Formats: {}\n", formats_of(plan.plan));
  text += disk_text(plan) + layout_table(plan);
  text += fmt::format("Kernel command line:\n  {}\n", command_line(plan));
  for (const PlanSection& section : sections_of(plan)) {
    if (!section.rows.empty()) text += section.title + ":\n" + table(section.rows);
  }
  if (listing == PackageListing::full) text += request_table(plan.plan);
  text += fmt::format("Packages: {}, {} to fetch, {} installed{}\n", lock.packages.size(),
                      base::to_string(total(lock, &model::LockedPackage::download_size)),
                      base::to_string(total(lock, &model::LockedPackage::installed_size)),
                      listing == PackageListing::number ? " (--packages lists them)" : "");
  if (listing == PackageListing::full) text += package_table(lock);
  return text;
}

} // namespace imagewright::plan
