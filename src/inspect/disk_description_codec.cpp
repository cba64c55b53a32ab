// SPDX-License-Identifier: MIT
#include "disk_description_codec.hpp"

#include <limits>

#include <imagewright/base/error.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "system_facts_codec.hpp"

namespace imagewright::inspect {

namespace {

using sandbox::ByteReader;
using sandbox::ByteWriter;

// Members that are added and not named in the bindings do not compile.

void write(ByteWriter& writer, const model::DescribedFilesystem& filesystem) {
  const auto& [partition, mount_point, type, uuid, partition_type, hashes] = filesystem;
  writer.number(partition).text(mount_point).text(type).text(uuid);
  writer.text(partition_type.to_string()).flag(hashes.has_value());
  if (!hashes) return;
  const auto& [hash_partition, root_hash, offset] = *hashes;
  writer.number(hash_partition).text(root_hash).number(offset);
}

void write(ByteWriter& writer, const model::DescribedBootEntry& entry) {
  const auto& [is_unified, path, command_line, kernel] = entry;
  writer.flag(is_unified).text(path).text(command_line).text(kernel);
}

std::uint32_t read_partition(ByteReader& reader) {
  const std::uint64_t number = reader.number();
  if (number == 0 || number > std::numeric_limits<std::uint32_t>::max())
    throw base::BugError("a partition has an impossible number");
  return static_cast<std::uint32_t>(number);
}

base::Uuid read_uuid(ByteReader& reader) {
  const auto uuid = base::Uuid::parse(reader.text());
  if (!uuid) throw base::BugError("an identifier is none");
  return *uuid;
}

model::DescribedFilesystem read_filesystem(ByteReader& reader) {
  model::DescribedFilesystem filesystem;
  filesystem.partition = read_partition(reader);
  filesystem.mount_point = reader.text();
  filesystem.type = reader.text();
  filesystem.uuid = reader.text();
  filesystem.partition_type = read_uuid(reader);
  if (!reader.flag()) return filesystem;
  model::DescribedHashes hashes;
  hashes.partition = read_partition(reader);
  hashes.root_hash = reader.text();
  hashes.offset = reader.number();
  filesystem.hashes = std::move(hashes);
  return filesystem;
}

model::DescribedBootEntry read_boot_entry(ByteReader& reader) {
  model::DescribedBootEntry entry;
  entry.is_unified = reader.flag();
  entry.path = reader.text();
  entry.command_line = reader.text();
  entry.kernel = reader.text();
  return entry;
}

} // namespace

std::string encode(const model::DiskDescription& description) {
  const auto& [architecture, os_release, id, filesystems, packages, boot_entries] = description;
  ByteWriter writer;
  writer.text(architecture->name).text(os_release).text(id.to_string());
  writer.number(filesystems.size());
  for (const model::DescribedFilesystem& each : filesystems)
    write(writer, each);
  writer.number(packages.size());
  for (const model::Nevra& each : packages)
    write(writer, each);
  writer.number(boot_entries.size());
  for (const model::DescribedBootEntry& each : boot_entries)
    write(writer, each);
  return writer.take();
}

model::DiskDescription decode_disk_description(std::string_view bytes) {
  ByteReader reader(bytes);
  model::DiskDescription description;
  description.architecture = model::find_architecture(reader.text());
  if (description.architecture == nullptr) throw base::BugError("an architecture is none");
  description.os_release = reader.text();
  description.id = read_uuid(reader);
  for (std::uint64_t left = reader.number(); left != 0; --left)
    description.filesystems.push_back(read_filesystem(reader));
  for (std::uint64_t left = reader.number(); left != 0; --left)
    description.packages.push_back(read_nevra(reader));
  for (std::uint64_t left = reader.number(); left != 0; --left)
    description.boot_entries.push_back(read_boot_entry(reader));
  if (!reader.at_end()) throw base::BugError("there is more than the description of a disk");
  return description;
}

} // namespace imagewright::inspect
