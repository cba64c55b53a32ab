// SPDX-License-Identifier: MIT
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/plan/show_plan.hpp>

namespace imagewright::plan {

namespace {

using json::Array;
using json::Object;

std::string command_line(const model::SystemPolicy& policy) {
  std::vector<std::string> words;
  for (const model::KernelArgument& argument : policy.kernel_arguments) {
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

std::string format_word(model::OutputFormat format) {
  const auto known = model::image_format_of(format);
  return known ? std::string(model::to_string(*known)) : "not a disk";
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

std::string layout_table(const model::DiskLayout& layout) {
  std::vector<std::vector<std::string>> rows{{"PARTITION", "START", "SIZE", "FILESYSTEM", "MOUNT"}};
  for (const model::Partition& partition : layout.partitions) {
    const auto& filesystem = partition.filesystem;
    rows.push_back({partition.id.empty() ? partition.label : partition.id,
                    base::to_string(partition.start), base::to_string(partition.size),
                    filesystem ? model::mount_type_of(filesystem->type) : "-",
                    filesystem ? filesystem->mount_point : ""});
  }
  return table(rows);
}

std::string package_table(const model::ArchitectureLock& lock) {
  std::vector<std::vector<std::string>> rows{{"PACKAGE", "VERSION", "ARCH", "REPOSITORY", "SIZE"}};
  for (const model::LockedPackage& package : lock.packages) {
    rows.push_back({package.nevra.name, package.nevra.evr(), package.nevra.architecture,
                    package.repository, base::to_string(package.installed_size)});
  }
  return table(rows);
}

std::string policy_text(const model::SystemPolicy& policy) {
  std::string text = fmt::format("Kernel command line:\n  {}\n", command_line(policy));
  std::vector<std::vector<std::string>> rows;
  for (const model::KernelArgument& argument : policy.kernel_arguments) {
    rows.push_back({argument.text, "from " + argument.origin});
  }
  text += table(rows);
  rows.clear();
  for (const model::PolicyFile& file : policy.files) {
    rows.push_back({fmt::format("{:04o}", file.permissions), file.path, "from " + file.origin});
  }
  if (!rows.empty()) text += "Files:\n" + table(rows);
  rows.clear();
  for (const model::UnitChange& unit : policy.units) {
    rows.push_back({model::to_string(unit.state), unit.unit, "from " + unit.origin});
  }
  if (!rows.empty()) text += "Units:\n" + table(rows);
  rows.clear();
  for (const model::Check& check : policy.checks)
    rows.push_back({check.name});
  if (!rows.empty()) text += "Checks:\n" + table(rows);
  return text;
}

Object partition_json(const model::Partition& partition) {
  Object object{{"id", partition.id},
                {"label", partition.label},
                {"type", partition.type.to_string()},
                {"uuid", partition.uuid.to_string()},
                {"start", partition.start.bytes()},
                {"size", partition.size.bytes()}};
  if (partition.filesystem) {
    object.emplace_back("filesystem", model::mount_type_of(partition.filesystem->type));
    object.emplace_back("mountPoint", partition.filesystem->mount_point);
  }
  return object;
}

} // namespace

std::string to_text(const ResolvedPlan& plan) {
  const model::ArchitectureLock& lock = plan.lock;
  std::vector<std::string> formats;
  for (const model::OutputImage& output : plan.plan.outputs) {
    formats.push_back(format_word(output.format));
  }
  std::string text =
      fmt::format("{} for {}, release {} ({})\n", plan.plan.config.name,
                  plan.plan.architecture.name, plan.plan.release.name, plan.plan.release.title);
  text += fmt::format("Time stamp: {}\n", base::to_iso8601(plan.epoch));
  text += fmt::format("Formats: {}\n", base::join(formats, ", "));
  text += fmt::format("Disk: {}\n{}", base::to_string(plan.layout.size), layout_table(plan.layout));
  text += policy_text(plan.policy);
  text += fmt::format("Packages: {}, {} to fetch, {} installed\n", lock.packages.size(),
                      base::to_string(total(lock, &model::LockedPackage::download_size)),
                      base::to_string(total(lock, &model::LockedPackage::installed_size)));
  return text + package_table(lock);
}

json::Value to_json(const ResolvedPlan& plan) {
  Array packages;
  for (const model::LockedPackage& package : plan.lock.packages) {
    packages.push_back(Object{{"name", package.nevra.name},
                              {"evr", package.nevra.evr()},
                              {"architecture", package.nevra.architecture},
                              {"repository", package.repository},
                              {"downloadSize", package.download_size.bytes()},
                              {"installedSize", package.installed_size.bytes()}});
  }
  Array partitions;
  for (const model::Partition& partition : plan.layout.partitions) {
    partitions.push_back(partition_json(partition));
  }
  Array arguments;
  for (const model::KernelArgument& argument : plan.policy.kernel_arguments) {
    arguments.push_back(Object{{"argument", argument.text}, {"origin", argument.origin}});
  }
  Array files;
  for (const model::PolicyFile& file : plan.policy.files) {
    files.push_back(Object{{"path", file.path}, {"origin", file.origin}});
  }
  Array units;
  for (const model::UnitChange& unit : plan.policy.units) {
    units.push_back(Object{
        {"unit", unit.unit}, {"state", model::to_string(unit.state)}, {"origin", unit.origin}});
  }
  Array checks;
  for (const model::Check& check : plan.policy.checks) {
    checks.push_back(Object{{"name", check.name},
                            {"kind", model::to_string(check.kind)},
                            {"subject", check.subject},
                            {"expected", check.expected}});
  }
  Array formats;
  for (const model::OutputImage& output : plan.plan.outputs) {
    formats.push_back(format_word(output.format));
  }
  return Object{{"name", plan.plan.config.name},
                {"architecture", plan.plan.architecture.name},
                {"release", plan.plan.release.name},
                {"epoch", plan.epoch.time_since_epoch().count()},
                {"formats", formats},
                {"diskSize", plan.layout.size.bytes()},
                {"partitions", partitions},
                {"kernelArguments", arguments},
                {"files", files},
                {"units", units},
                {"checks", checks},
                {"packages", packages}};
}

} // namespace imagewright::plan
