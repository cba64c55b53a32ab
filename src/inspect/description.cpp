// SPDX-License-Identifier: MIT
#include <algorithm>

#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/inspect/description.hpp>
#include <imagewright/inspect/file_record.hpp>

namespace imagewright::inspect {

namespace {

/// Texts from an image go to a terminal: nothing in them may act there.
std::string shown(std::string_view text) {
  return base::escape_controls(text);
}

std::string row(std::string_view name, std::string_view value) {
  return fmt::format("  {:<21}{}\n", name, value.empty() ? "-" : shown(value));
}

/// The name of a partition in a column as wide as the widest.
std::string partition_row(const OpenedPartition& partition, std::size_t name_width) {
  const std::string start =
      fmt::format("  {:<2} {:<{}}  {:>9}", partition.entry.number, shown(partition.entry.label),
                  name_width, base::to_string(partition.entry.size));
  if (partition.verity_of && !partition.files)
    return start + fmt::format("  verity hashes of partition {}\n", *partition.verity_of);
  if (!partition.files) return start + "  no known filesystem\n";
  const disk::FilesystemFacts facts = partition.files->facts();
  return fmt::format("{}  {:<5} {:<36}  {:<10}  {} used\n", start, facts.type, facts.uuid,
                     partition.mount_point.empty() ? "-" : shown(partition.mount_point),
                     base::to_string(facts.used));
}

std::string partition_section(const OpenedImage& image) {
  std::size_t width = 0;
  for (const OpenedPartition& partition : image.partitions())
    width = std::max(width, shown(partition.entry.label).size());
  std::string text = "\npartitions\n";
  for (const OpenedPartition& partition : image.partitions())
    text += partition_row(partition, width);
  for (const MissingMount& missing : image.missing_mounts())
    text += fmt::format("  {} is mounted from {}, which is not in this image\n",
                        shown(missing.mount_point), shown(missing.source));
  for (const std::string& complaint : image.complaints())
    text += fmt::format("  note: {}\n", shown(complaint));
  return text;
}

std::string system_section(const SystemFacts& facts) {
  const bool has_policy = facts.selinux_mode != "disabled" && !facts.selinux_policy.empty();
  return "\nsystem\n" + row("operating system", facts.operating_system) +
         row("host name", facts.host_name) + row("kernels", base::join(facts.kernels, ", ")) +
         row("kernel command line", facts.kernel_command_line()) +
         row("SELinux",
             facts.selinux_mode + (has_policy ? " (" + facts.selinux_policy + ")" : "")) +
         row("cgroup version", facts.cgroup_version) + row("FIPS", facts.is_fips ? "on" : "off") +
         row("default target", facts.default_target) +
         row("enabled units", base::join(facts.enabled_units, " ")) +
         row("masked units", base::join(facts.masked_units, " "));
}

std::string boot_section(const SystemFacts& facts) {
  std::string text = "\nboot chain\n";
  for (const std::string& program : facts.efi_programs)
    text += fmt::format("  {}\n", shown(program));
  for (const BootEntry& entry : facts.boot_entries) {
    text += fmt::format("  {}: {}\n", shown(entry.file),
                        shown(entry.title.empty() ? entry.kernel : entry.title));
    text += fmt::format("    kernel     {}\n", shown(entry.kernel));
    if (!entry.initramfs.empty())
      text += fmt::format("    initramfs  {}\n", shown(entry.initramfs));
    text += fmt::format("    arguments  {}\n", shown(entry.command_line));
  }
  return text;
}

std::string package_section(const SystemFacts& facts) {
  if (!facts.packages)
    return "\nthere is no package database that can be read" +
           (facts.packages_complaint.empty() ? "" : ": " + shown(facts.packages_complaint)) + "\n";
  std::string text = fmt::format("\n{} packages\n", facts.packages->size());
  for (const model::Nevra& nevra : *facts.packages)
    text += fmt::format("  {}\n", shown(nevra.to_string()));
  return text;
}

/// What failed stands out; what nobody asked says why.
std::string check_section(std::span<const CheckAnswer> answers) {
  if (answers.empty()) return {};
  std::string text = "\nchecks\n";
  for (const CheckAnswer& answer : answers) {
    switch (answer.outcome) {
    case CheckOutcome::passed:
      text += fmt::format("  passed     {}\n", shown(answer.name));
      break;
    case CheckOutcome::failed:
      text += fmt::format("  FAILED     {}: {} is expected, found is {}\n", shown(answer.name),
                          shown(base::quoted(answer.expected)), shown(answer.actual));
      break;
    case CheckOutcome::not_asked:
      text += fmt::format("  not asked  {}: {}\n", shown(answer.name), shown(answer.actual));
      break;
    }
  }
  return text;
}

std::string file_line(const std::string& path, const FileRecord& record) {
  const disk::StoredFile& stored = record.stored;
  std::string text =
      fmt::format("{} {:04o} {}:{} {} {}", type_word(stored.type), stored.permissions, stored.owner,
                  stored.group, base::to_iso8601(stored.modified), shown(path));
  if (record.content) text += fmt::format(" {} {}", stored.size, record.content->to_string());
  if (stored.type == fs::FileType::symlink) text += " -> " + shown(record.target);
  for (const tree::ExtendedAttribute& attribute : record.attributes) {
    text += fmt::format(" {}={}", shown(attribute.name), attribute_text(attribute));
  }
  return text + "\n";
}

std::string head_of(const OpenedImage& image) {
  const std::string name = shown(image.path().filename().string());
  if (!image.has_disk()) {
    return fmt::format("{}: an archive of a root, {} unpacked\n", name,
                       base::to_string(image.root()->files->facts().used));
  }
  return fmt::format("{}: {}, disk of {}, {}\n", name, model::to_string(image.disk().format()),
                     base::to_string(base::ByteSize(image.disk().size())),
                     image.disk_uuid().to_string()) +
         partition_section(image);
}

} // namespace

std::string to_text(const OpenedImage& image, const SystemFacts& facts,
                    std::span<const CheckAnswer> answers) {
  return head_of(image) + system_section(facts) + boot_section(facts) + check_section(answers) +
         package_section(facts);
}

std::string files_to_text(const OpenedImage& image, const base::Cancellation& cancellation) {
  std::string text;
  for (const OpenedPartition& partition : image.partitions()) {
    if (!partition.files) continue;
    text += fmt::format("\nfiles of partition {} {}\n", partition.entry.number,
                        shown(partition.entry.label));
    for (const auto& [path, record] :
         list_files(*partition.files, ContentDigests::computed, cancellation)) {
      text += file_line(path, record);
    }
  }
  return text;
}

} // namespace imagewright::inspect
