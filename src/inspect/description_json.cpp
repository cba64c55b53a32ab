// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <imagewright/base/text.hpp>
#include <imagewright/inspect/description.hpp>
#include <imagewright/inspect/file_record.hpp>

namespace imagewright::inspect {

namespace {

using json::Array;
using json::Object;
using json::Value;

/// Names in an image need not be UTF-8; JSON has nothing else.
std::string text(std::string_view bytes) {
  return base::is_valid_utf8(bytes) ? std::string(bytes) : base::escape_controls(bytes);
}

Array texts(const std::vector<std::string>& items) {
  Array array;
  for (const std::string& item : items)
    array.emplace_back(text(item));
  return array;
}

Value file(const FileRecord& record) {
  const disk::StoredFile& stored = record.stored;
  Object object{{"type", type_word(stored.type)},
                {"mode", fmt::format("{:04o}", stored.permissions)},
                {"owner", std::uint64_t{stored.owner}},
                {"group", std::uint64_t{stored.group}},
                {"modified", base::to_iso8601(stored.modified)}};
  if (stored.type == fs::FileType::regular) object.emplace_back("size", stored.size);
  if (record.content) object.emplace_back("content", record.content->to_string());
  if (stored.type == fs::FileType::symlink) object.emplace_back("target", text(record.target));
  if (stored.type == fs::FileType::character_device || stored.type == fs::FileType::block_device) {
    object.emplace_back("device", fmt::format("{},{}", stored.device.major, stored.device.minor));
  }
  if (!record.attributes.empty()) {
    Object attributes;
    for (const tree::ExtendedAttribute& attribute : record.attributes) {
      attributes.emplace_back(text(attribute.name), attribute_text(attribute));
    }
    object.emplace_back("attributes", std::move(attributes));
  }
  return object;
}

Value partition(const OpenedPartition& partition, FileListing files,
                const base::Cancellation& cancellation) {
  const disk::PartitionEntry& entry = partition.entry;
  Object object{{"number", entry.number},         {"label", text(entry.label)},
                {"type", entry.type.to_string()}, {"uuid", entry.uuid.to_string()},
                {"start", entry.start.bytes()},   {"size", entry.size.bytes()},
                {"attributes", entry.attributes}};
  if (partition.verity_of) object.emplace_back("verityOf", *partition.verity_of);
  if (!partition.files) return object;
  const disk::FilesystemFacts facts = partition.files->facts();
  object.emplace_back("filesystem", Object{{"type", facts.type},
                                           {"uuid", facts.uuid},
                                           {"label", text(facts.label)},
                                           {"size", facts.size.bytes()},
                                           {"used", facts.used.bytes()},
                                           {"clean", facts.state == disk::FilesystemState::clean},
                                           {"mountPoint", text(partition.mount_point)}});
  if (files == FileListing::omitted) return object;
  Object listed;
  for (const auto& [path, record] :
       list_files(*partition.files, ContentDigests::computed, cancellation)) {
    listed.emplace_back(text(path), file(record));
  }
  object.emplace_back("files", std::move(listed));
  return object;
}

Value boot_entry(const BootEntry& entry) {
  return Object{{"file", text(entry.file)},
                {"title", text(entry.title)},
                {"kernel", text(entry.kernel)},
                {"initramfs", text(entry.initramfs)},
                {"commandLine", text(entry.command_line)}};
}

Value packages(const SystemFacts& facts) {
  if (!facts.packages) return nullptr;
  Array array;
  for (const model::Nevra& nevra : *facts.packages) {
    array.push_back(Object{{"name", text(nevra.name)},
                           {"epoch", nevra.epoch},
                           {"version", text(nevra.version)},
                           {"release", text(nevra.release)},
                           {"architecture", text(nevra.architecture)}});
  }
  return array;
}

Array checks(std::span<const CheckAnswer> answers) {
  Array array;
  for (const CheckAnswer& answer : answers) {
    array.push_back(Object{{"name", text(answer.name)},
                           {"outcome", std::string(to_string(answer.outcome))},
                           {"expected", text(answer.expected)},
                           {"actual", text(answer.actual)}});
  }
  return array;
}

Value system_value(const SystemFacts& facts) {
  Array entries;
  for (const BootEntry& entry : facts.boot_entries)
    entries.push_back(boot_entry(entry));
  return Object{{"operatingSystem", text(facts.operating_system)},
                {"hostName", text(facts.host_name)},
                {"kernels", texts(facts.kernels)},
                {"kernelCommandLine", text(facts.kernel_command_line())},
                {"selinuxMode", facts.selinux_mode},
                {"selinuxPolicy", text(facts.selinux_policy)},
                {"cgroupVersion", facts.cgroup_version},
                {"fips", facts.is_fips},
                {"defaultTarget", text(facts.default_target)},
                {"enabledUnits", texts(facts.enabled_units)},
                {"maskedUnits", texts(facts.masked_units)},
                {"efiPrograms", texts(facts.efi_programs)},
                {"bootEntries", std::move(entries)}};
}

} // namespace

Value to_json(const OpenedImage& image, const SystemFacts& facts, FileListing files,
              const base::Cancellation& cancellation,
              std::optional<std::span<const CheckAnswer>> answers) {
  if (!image.has_disk()) {
    Object root{{"imagewrightInspection", 1},
                {"file", text(image.path().filename().string())},
                {"format", "tar"},
                {"system", system_value(facts)},
                {"packages", packages(facts)}};
    if (answers) root.emplace_back("checks", checks(*answers));
    return root;
  }
  Array partitions;
  for (const OpenedPartition& each : image.partitions())
    partitions.push_back(partition(each, files, cancellation));
  Array missing;
  for (const MissingMount& each : image.missing_mounts())
    missing.push_back(
        Object{{"source", text(each.source)}, {"mountPoint", text(each.mount_point)}});
  Object described{{"imagewrightInspection", 1},
                   {"file", text(image.path().filename().string())},
                   {"format", model::to_string(image.disk().format())},
                   {"disk", Object{{"size", image.disk().size()},
                                   {"uuid", image.disk_uuid().to_string()},
                                   {"partitions", std::move(partitions)}}},
                   {"missingMounts", std::move(missing)},
                   {"complaints", texts(image.complaints())},
                   {"system", system_value(facts)},
                   {"packages", packages(facts)}};
  if (answers) described.emplace_back("checks", checks(*answers));
  return described;
}

} // namespace imagewright::inspect
