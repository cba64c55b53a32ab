// SPDX-License-Identifier: MIT
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <span>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/sandbox/byte_codec.hpp>
#include <imagewright/sandbox/metadata_record.hpp>

#include "mount_api.hpp"

namespace imagewright::sandbox {

namespace {

constexpr std::uint64_t k_nobody = ~std::uint64_t{0};

std::uint64_t number_of(const std::optional<id_t>& id) {
  return id ? *id : k_nobody;
}

std::optional<id_t> id_of(std::uint64_t number) {
  if (number == k_nobody) return std::nullopt;
  return static_cast<id_t>(number);
}

/// A file handle holds the generation of the inode: its number may be used again.
std::optional<std::string> handle_of(int file) {
  alignas(file_handle) std::array<char, sizeof(file_handle) + MAX_HANDLE_SZ> buffer{};
  auto* handle = reinterpret_cast<file_handle*>(buffer.data());
  handle->handle_bytes = MAX_HANDLE_SZ;
  int mount = 0;
  if (::name_to_handle_at(file, "", handle, &mount, AT_EMPTY_PATH) != 0) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(handle->f_handle), handle->handle_bytes);
}

} // namespace

std::optional<std::string> identity_of_file(int file) {
  struct statx status {};
  if (::statx(file, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &status) != 0) return std::nullopt;
  const std::string place =
      fmt::format("{}:{}:{}", status.stx_dev_major, status.stx_dev_minor, status.stx_ino);
  if (const auto handle = handle_of(file)) return place + ":" + *handle;
  if ((status.stx_mask & STATX_BTIME) == 0) return std::nullopt;
  return fmt::format("{}:{}.{}", place, status.stx_btime.tv_sec, status.stx_btime.tv_nsec);
}

bool is_refusal(int error_number) {
  return error_number == EPERM || error_number == EINVAL;
}

void RecordedMetadata::apply_to(struct stat& status) const {
  status.st_uid = owner.value_or(status.st_uid);
  status.st_gid = group.value_or(status.st_gid);
  if (device_type == 0) return;
  status.st_mode = (status.st_mode & 07777U) | device_type;
  status.st_rdev = device;
}

MetadataRecord::MetadataRecord(const std::filesystem::path& path)
    : file_(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
  if (!file_) throw_cannot_enter("cannot open", path.string());
  load();
}

void MetadataRecord::load() {
  std::string content;
  std::array<char, 65536> buffer;
  while (true) {
    const ssize_t count =
        ::pread(file_.get(), buffer.data(), buffer.size(), static_cast<off_t>(content.size()));
    if (count < 0) throw_cannot_enter("cannot read", "the record of owners");
    if (count == 0) break;
    content.append(buffer.data(), static_cast<std::size_t>(count));
  }
  for (ByteReader reader(content); !reader.at_end();) {
    const std::string identity = reader.text();
    RecordedMetadata metadata;
    metadata.owner = id_of(reader.number());
    metadata.group = id_of(reader.number());
    metadata.device_type = static_cast<mode_t>(reader.number());
    metadata.device = reader.number();
    remember_number(identity);
    if (metadata.says_nothing()) {
      files_.erase(identity);
    } else {
      files_.insert_or_assign(identity, metadata);
    }
  }
}

/// The third part of an identity.
void MetadataRecord::remember_number(std::string_view identity) {
  const std::size_t start = identity.find(':', identity.find(':') + 1) + 1;
  ino_t number = 0;
  std::from_chars(identity.data() + start, identity.data() + identity.size(), number);
  numbers_.insert(number);
}

const RecordedMetadata* MetadataRecord::find(int file) const {
  if (files_.empty()) return nullptr;
  // Most files that are asked about are not in it, which one call tells.
  struct stat status {};
  if (::fstatat(file, "", &status, AT_EMPTY_PATH) == 0 && !may_have(status.st_ino)) return nullptr;
  const auto identity = identity_of_file(file);
  const auto found = identity ? files_.find(*identity) : files_.end();
  return found == files_.end() ? nullptr : &found->second;
}

OwnerChange change_owner(int file, uid_t owner, gid_t group, RecordedMetadata known) {
  constexpr auto unchanged = ~std::uint32_t{0};
  if (::fchownat(file, "", owner, group, AT_EMPTY_PATH) == 0) {
    if (owner != unchanged) known.owner.reset();
    if (group != unchanged) known.group.reset();
    return {0, known};
  }
  if (!is_refusal(errno)) return {errno, known};
  // As root, for the sake of what else a change of owner does: setuid bits go.
  const uid_t host_owner = owner == unchanged ? owner : 0;
  const gid_t host_group = group == unchanged ? group : 0;
  if (::fchownat(file, "", host_owner, host_group, AT_EMPTY_PATH) != 0) return {errno, known};
  if (owner != unchanged) known.owner = owner;
  if (group != unchanged) known.group = group;
  return {0, known};
}

int MetadataRecord::change_owner(int file, uid_t owner, gid_t group) {
  const RecordedMetadata* found = find(file);
  const RecordedMetadata known = found == nullptr ? RecordedMetadata{} : *found;
  const OwnerChange change = sandbox::change_owner(file, owner, group, known);
  if (change.error_number == 0 && change.metadata != known) set(file, change.metadata);
  return change.error_number;
}

void MetadataRecord::set(int file, const RecordedMetadata& metadata) {
  const auto identity = identity_of_file(file);
  if (!identity) throw_cannot_enter("cannot tell files apart", "the root's filesystem");
  const std::string entry = ByteWriter()
                                .text(*identity)
                                .number(number_of(metadata.owner))
                                .number(number_of(metadata.group))
                                .number(metadata.device_type)
                                .number(metadata.device)
                                .take();
  if (::write(file_.get(), entry.data(), entry.size()) != static_cast<ssize_t>(entry.size()))
    throw_cannot_enter("cannot write", "the record of owners");
  remember_number(*identity);
  if (metadata.says_nothing()) {
    files_.erase(*identity);
  } else {
    files_.insert_or_assign(*identity, metadata);
  }
}

} // namespace imagewright::sandbox
