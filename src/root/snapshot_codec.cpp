// SPDX-License-Identifier: MIT
#include <cstring>
#include <set>

#include <imagewright/root/snapshot.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

namespace imagewright::root {

namespace {

using sandbox::ByteWriter;

void write_entry(ByteWriter& writer, const SnapshotEntry& entry) {
  // A member that is added has to be thought about here.
  const auto& [path, type, permissions, owner, group, modified_seconds, modified_nanoseconds,
               attributes, target, device, content, same_as] = entry;
  const auto& [digest, size, stretches] = content;
  writer.text(path).number(static_cast<std::uint64_t>(type)).number(permissions);
  writer.number(owner).number(group);
  writer.number(static_cast<std::uint64_t>(modified_seconds));
  writer.number(static_cast<std::uint64_t>(modified_nanoseconds));
  writer.number(attributes.size());
  for (const auto& [name, value] : attributes)
    writer.text(name).text(value);
  writer.text(target).number(device).text(same_as);
  writer.text(type == fs::FileType::regular && same_as.empty() ? digest.to_string() : "");
  writer.number(size).number(stretches.size());
  for (const auto& [offset, length] : stretches)
    writer.number(offset).number(length);
}

/// Reads fields of bytes that may have been damaged: what is not there is a "no".
class Fields {
public:
  explicit Fields(std::string_view bytes) : rest_(bytes) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    if (rest_.size() < sizeof value) return fail();
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
    return value;
  }
  std::string text() {
    const std::uint64_t size = number();
    if (size > rest_.size()) {
      fail();
      return {};
    }
    std::string value(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return value;
  }
  /// So many things follow, each of at least one number.
  std::uint64_t count() {
    const std::uint64_t value = number();
    return value > rest_.size() / sizeof value ? fail() : value;
  }

  bool at_end() const { return rest_.empty(); }
  bool is_sound() const { return is_sound_; }

private:
  std::uint64_t fail() {
    is_sound_ = false;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool is_sound_ = true;
};

SnapshotEntry read_entry(Fields& fields) {
  SnapshotEntry entry;
  entry.path = fields.text();
  entry.type = static_cast<fs::FileType>(fields.number());
  entry.permissions = static_cast<mode_t>(fields.number() & 07777U);
  entry.owner = static_cast<uid_t>(fields.number());
  entry.group = static_cast<gid_t>(fields.number());
  entry.modified_seconds = static_cast<std::int64_t>(fields.number());
  entry.modified_nanoseconds = static_cast<std::int64_t>(fields.number());
  for (std::uint64_t count = fields.count(); count != 0 && fields.is_sound(); --count) {
    std::string name = fields.text();
    entry.attributes.push_back({std::move(name), fields.text()});
  }
  entry.target = fields.text();
  entry.device = fields.number();
  entry.same_as = fields.text();
  if (const auto digest = base::Digest::parse(fields.text())) entry.content.digest = *digest;
  entry.content.size = fields.number();
  for (std::uint64_t count = fields.count(); count != 0 && fields.is_sound(); --count) {
    const std::uint64_t offset = fields.number();
    entry.content.stretches.push_back({offset, fields.number()});
  }
  return entry;
}

/// Is the last part a plain name?
bool is_plain(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('\0') == std::string_view::npos;
}

/// What was read is laid out without asking where links lead: every parent has to be a directory
/// of the snapshot, and every other name a file of it.
class Structure {
public:
  bool accepts(const SnapshotEntry& entry) {
    if (entry.type > fs::FileType::socket) return false;
    if (directories_.empty()) {
      if (entry.path != "/" || entry.type != fs::FileType::directory) return false;
      return directories_.insert("/").second;
    }
    const std::size_t slash = entry.path.rfind('/');
    if (slash == std::string::npos || !is_plain(std::string_view(entry.path).substr(slash + 1)))
      return false;
    const std::string parent = slash == 0 ? "/" : entry.path.substr(0, slash);
    if (!directories_.contains(parent) || directories_.contains(entry.path)) return false;
    if (!entry.same_as.empty()) return files_.contains(entry.same_as) && add_file(entry.path);
    if (entry.type == fs::FileType::directory)
      return !files_.contains(entry.path) && directories_.insert(entry.path).second;
    if (entry.type == fs::FileType::regular && entry.content.digest.hex.empty()) return false;
    return add_file(entry.path);
  }

private:
  bool add_file(const std::string& path) { return files_.insert(path).second; }

  std::set<std::string> directories_;
  std::set<std::string> files_;
};

} // namespace

std::string to_bytes(const Snapshot& snapshot) {
  ByteWriter writer;
  writer.number(snapshot.entries.size());
  for (const SnapshotEntry& entry : snapshot.entries)
    write_entry(writer, entry);
  return writer.take();
}

std::optional<Snapshot> snapshot_from(std::string_view bytes) {
  Fields fields(bytes);
  Snapshot snapshot;
  Structure structure;
  for (std::uint64_t count = fields.count(); count != 0; --count) {
    SnapshotEntry entry = read_entry(fields);
    if (!fields.is_sound() || !structure.accepts(entry)) return std::nullopt;
    snapshot.entries.push_back(std::move(entry));
  }
  if (!fields.is_sound() || !fields.at_end() || snapshot.entries.empty()) return std::nullopt;
  return snapshot;
}

} // namespace imagewright::root
