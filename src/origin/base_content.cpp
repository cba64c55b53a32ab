// SPDX-License-Identifier: MIT
#include "base_content.hpp"

#include <algorithm>

#include <imagewright/base/checked.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "base_check.hpp"

namespace imagewright::origin {

namespace {

using sandbox::ByteReader;
using sandbox::ByteWriter;

// Members that are added and not named in the bindings do not compile.

std::uint32_t read_small(ByteReader& reader) {
  const auto number = base::checked_cast<std::uint32_t>(reader.number());
  if (!number) throw base::BugError("a number of a base is beyond its type");
  return *number;
}

void write(ByteWriter& writer, const base::Uuid& uuid) {
  writer.text(uuid.to_string());
}

base::Uuid read_uuid(ByteReader& reader) {
  const auto uuid = base::Uuid::parse(reader.text());
  if (!uuid) throw base::BugError("an identifier of a base is none");
  return *uuid;
}

void write(ByteWriter& writer, const disk::PartitionEntry& entry) {
  const auto& [number, type, uuid, label, attributes, start, size] = entry;
  writer.number(number);
  write(writer, type);
  write(writer, uuid);
  writer.text(label).number(attributes).number(start.bytes()).number(size.bytes());
}

disk::PartitionEntry read_entry(ByteReader& reader) {
  disk::PartitionEntry entry;
  entry.number = read_small(reader);
  entry.type = read_uuid(reader);
  entry.uuid = read_uuid(reader);
  entry.label = reader.text();
  entry.attributes = reader.number();
  entry.start = base::ByteSize(reader.number());
  entry.size = base::ByteSize(reader.number());
  return entry;
}

void write(ByteWriter& writer, const disk::FilesystemFacts& facts) {
  const auto& [type, uuid, label, size, used, state] = facts;
  writer.text(type).text(uuid).text(label).number(size.bytes()).number(used.bytes());
  writer.number(static_cast<std::uint64_t>(state));
}

disk::FilesystemFacts read_facts(ByteReader& reader) {
  disk::FilesystemFacts facts;
  facts.type = reader.text();
  facts.uuid = reader.text();
  facts.label = reader.text();
  facts.size = base::ByteSize(reader.number());
  facts.used = base::ByteSize(reader.number());
  facts.state = reader.choice(disk::FilesystemState::not_unmounted);
  return facts;
}

void write(ByteWriter& writer, const disk::VerityTree& tree) {
  const auto& [uuid, salt, data_size, root_hash] = tree;
  write(writer, uuid);
  writer.text(salt).number(data_size).text(root_hash);
}

disk::VerityTree read_verity_tree(ByteReader& reader) {
  disk::VerityTree tree;
  tree.uuid = read_uuid(reader);
  tree.salt = reader.text();
  tree.data_size = reader.number();
  tree.root_hash = reader.text();
  return tree;
}

void write(ByteWriter& writer, const FoundPartition& partition) {
  const auto& [entry, filesystem, content, mount_point, verity_of, verity_offset, verity_name,
               verity_tree, verity_obstacle] = partition;
  write(writer, entry);
  writer.flag(filesystem.has_value());
  if (filesystem) write(writer, *filesystem);
  writer.text(content).text(mount_point).flag(verity_of.has_value());
  writer.number(verity_of.value_or(0)).number(verity_offset).text(verity_name);
  writer.flag(verity_tree.has_value());
  if (verity_tree) write(writer, *verity_tree);
  writer.text(verity_obstacle);
}

FoundPartition read_partition(ByteReader& reader) {
  FoundPartition partition;
  partition.entry = read_entry(reader);
  if (reader.flag()) partition.filesystem = read_facts(reader);
  partition.content = reader.text();
  partition.mount_point = reader.text();
  const bool has_hashes = reader.flag();
  const std::uint32_t verity_of = read_small(reader);
  if (has_hashes) partition.verity_of = verity_of;
  partition.verity_offset = reader.number();
  partition.verity_name = reader.text();
  if (reader.flag()) partition.verity_tree = read_verity_tree(reader);
  partition.verity_obstacle = reader.text();
  return partition;
}

/// What a filesystem that exists has no use for is not carried over.
void write(ByteWriter& writer, const tree::Inode& inode) {
  const auto& [type, permissions, owner, group, modified, nanoseconds, flags, device, target,
               attributes, size, stored_size, holes, content, name_count, late_places, text,
               distant] = inode;
  writer.number(static_cast<std::uint64_t>(type)).number(permissions).number(owner).number(group);
  writer.time(modified).number(nanoseconds).number(flags).number(device.major);
  writer.number(device.minor).text(target).number(size);
  writer.number(name_count).number(attributes.size());
  for (const auto& [name, value] : attributes)
    writer.text(name).text(value);
  const bool is_file = type == fs::FileType::regular;
  IMAGEWRIGHT_ASSERT(content.empty() && late_places.empty() && text.empty() && !distant);
  IMAGEWRIGHT_ASSERT(stored_size == size && (holes == tree::Holes::as_stored) == is_file);
}

tree::Inode read_inode(ByteReader& reader) {
  tree::Inode inode;
  inode.type = reader.choice(fs::FileType::socket);
  inode.permissions = read_small(reader);
  inode.owner = read_small(reader);
  inode.group = read_small(reader);
  inode.modified = reader.time();
  inode.modified_nanoseconds = read_small(reader);
  inode.flags = read_small(reader);
  inode.device.major = read_small(reader);
  inode.device.minor = read_small(reader);
  inode.target = reader.text();
  inode.size = inode.stored_size = reader.number();
  if (inode.type == fs::FileType::regular) inode.holes = tree::Holes::as_stored;
  inode.name_count = read_small(reader);
  for (std::uint64_t left = reader.number(); left != 0; --left) {
    std::string name = reader.text();
    inode.attributes.push_back({std::move(name), reader.text()});
  }
  return inode;
}

void write(ByteWriter& writer, const disk::StoredPiece& piece) {
  const auto& [kind, offset, length, place, text] = piece;
  writer.number(static_cast<std::uint64_t>(kind)).number(offset).number(length).number(place);
  if (kind == disk::StoredPiece::Kind::text) writer.text(text);
}

disk::StoredPiece read_piece(ByteReader& reader) {
  disk::StoredPiece piece;
  piece.kind = reader.choice(disk::StoredPiece::Kind::text);
  piece.offset = reader.number();
  piece.length = reader.number();
  piece.place = reader.number();
  if (piece.kind == disk::StoredPiece::Kind::text) piece.text = reader.text();
  return piece;
}

void write(ByteWriter& writer, const FoundFilesystem& filesystem) {
  const auto& [partition, mount_point, table, content, identity] = filesystem;
  writer.number(partition).text(mount_point).text(identity).number(table.inodes.size());
  for (std::size_t number = 0; number < table.inodes.size(); ++number) {
    write(writer, table.inodes[number]);
    writer.number(content[number].size());
    for (const disk::StoredPiece& piece : content[number])
      write(writer, piece);
  }
  writer.number(table.entries.size());
  for (const auto& [path, inode] : table.entries)
    writer.text(path).number(inode);
}

FoundFilesystem read_filesystem(ByteReader& reader) {
  FoundFilesystem filesystem;
  filesystem.partition = reader.number();
  filesystem.mount_point = reader.text();
  filesystem.identity = reader.text();
  for (std::uint64_t left = reader.number(); left != 0; --left) {
    filesystem.table.inodes.push_back(read_inode(reader));
    auto& pieces = filesystem.content.emplace_back();
    for (std::uint64_t count = reader.number(); count != 0; --count)
      pieces.push_back(read_piece(reader));
  }
  for (std::uint64_t left = reader.number(); left != 0; --left) {
    std::string path = reader.text();
    filesystem.table.entries.push_back({std::move(path), reader.number()});
  }
  return filesystem;
}

} // namespace

std::string encode(const BaseContent& content) {
  const auto& [disk, disk_uuid, architecture, release, partitions, filesystems] = content;
  ByteWriter writer;
  image::encode(writer, disk);
  write(writer, disk_uuid);
  writer.text(architecture->name).text(release).number(partitions.size());
  for (const FoundPartition& partition : partitions)
    write(writer, partition);
  writer.number(filesystems.size());
  for (const FoundFilesystem& filesystem : filesystems)
    write(writer, filesystem);
  return writer.take();
}

BaseContent decode_base_content(std::string_view bytes) {
  ByteReader reader(bytes);
  BaseContent content;
  content.disk = image::decode_disk_map(reader);
  content.disk_uuid = read_uuid(reader);
  content.architecture = model::find_architecture(reader.text());
  content.release = reader.text();
  for (std::uint64_t left = reader.number(); left != 0; --left)
    content.partitions.push_back(read_partition(reader));
  for (std::uint64_t left = reader.number(); left != 0; --left)
    content.filesystems.push_back(read_filesystem(reader));
  if (!reader.at_end()) throw base::BugError("there is more than a base");
  require_possible(content);
  return content;
}

} // namespace imagewright::origin
