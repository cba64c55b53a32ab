// SPDX-License-Identifier: MIT
#include "archive_files.hpp"

#include <algorithm>
#include <array>

#include <imagewright/base/error.hpp>

#include "limits.hpp"

namespace imagewright::inspect {

namespace {

/// What is read to tell what a system is; everything else only counts.
bool is_kept(const std::string& path, std::uint64_t size) {
  const auto is_below = [&](const char* directory) { return path.starts_with(directory); };
  constexpr std::array databases = {"/var/lib/rpm/", "/usr/lib/sysimage/rpm/"};
  if (std::ranges::any_of(databases, is_below)) return size <= k_largest_database.bytes();
  constexpr std::array directories = {"/etc/",       "/boot/loader/",     "/boot/grub2/",
                                      "/boot/grub/", "/boot/efi/loader/", "/usr/lib/os-release"};
  return size <= k_largest_text.bytes() && std::ranges::any_of(directories, is_below);
}

} // namespace

ArchiveFiles::ArchiveFiles() {
  entries_["/"].stored = {.type = fs::FileType::directory, .permissions = 0755};
}

void ArchiveFiles::read_archive(fs::UniqueFd file, const std::string& name,
                                const base::Cancellation& cancellation) {
  archive::read_tar(
      std::move(file), name, archive::k_largest_root,
      [this](const archive::TarMember& member, const archive::MemberContent& content) {
        add(member, content);
      },
      cancellation);
}

void ArchiveFiles::add(const archive::TarMember& member, const archive::MemberContent& content) {
  const auto path = archive::path_in_root(member.path);
  // What would be unpacked elsewhere is nothing of this root.
  if (!path) return;
  archive::require_member_count(entries_.size());
  // Directories above need no members of their own.
  for (std::size_t slash = path->find('/', 1); slash != std::string::npos;
       slash = path->find('/', slash + 1)) {
    entries_.try_emplace(path->substr(0, slash),
                         Entry{.stored = {.type = fs::FileType::directory, .permissions = 0755}});
  }
  if (!member.hard_link.empty()) {
    const auto target = archive::path_in_root(member.hard_link);
    const auto first = target ? entries_.find(*target) : entries_.end();
    if (first != entries_.end()) entries_.insert_or_assign(*path, Entry(first->second));
    return;
  }
  Entry entry{.stored = {.type = member.type,
                         .permissions = member.permissions,
                         .owner = static_cast<uid_t>(member.owner),
                         .group = static_cast<gid_t>(member.group),
                         .size = member.size},
              .target = member.link_target,
              .content = {}};
  if (member.type == fs::FileType::regular && is_kept(*path, member.size))
    entry.content = content(static_cast<std::size_t>(member.size));
  entries_.insert_or_assign(*path, std::move(entry));
}

const ArchiveFiles::Entry* ArchiveFiles::entry_at(std::string_view path) const {
  const auto found = entries_.find(path);
  return found == entries_.end() ? nullptr : &found->second;
}

disk::FilesystemFacts ArchiveFiles::facts() const {
  base::ByteSize used;
  for (const auto& [path, entry] : entries_)
    used = used + base::ByteSize(entry.stored.size);
  return {.type = "tar", .uuid = {}, .label = {}, .size = used, .used = used};
}

std::optional<disk::StoredFile> ArchiveFiles::find(std::string_view path) const {
  const Entry* entry = entry_at(path);
  if (entry == nullptr) return std::nullopt;
  return entry->stored;
}

std::optional<std::vector<std::string>> ArchiveFiles::list(std::string_view path) const {
  const Entry* entry = entry_at(path);
  if (entry == nullptr || entry->stored.type != fs::FileType::directory) return std::nullopt;
  const std::string start = path == "/" ? "/" : std::string(path) + "/";
  std::vector<std::string> names;
  auto each = entries_.lower_bound(start);
  while (each != entries_.end() && each->first.starts_with(start)) {
    const std::string name = each->first.substr(start.size());
    const auto slash = name.find('/');
    if (slash != std::string::npos) {
      // Past all that is below a directory which was named before: '0' comes after '/'.
      each = entries_.lower_bound(start + name.substr(0, slash) + '0');
      continue;
    }
    if (!name.empty()) names.push_back(name);
    ++each;
  }
  return names;
}

std::optional<std::string> ArchiveFiles::read(std::string_view path, base::ByteSize limit) const {
  const Entry* entry = entry_at(path);
  if (entry == nullptr || entry->stored.type != fs::FileType::regular) return std::nullopt;
  const std::uint64_t size = entry->stored.size;
  if (size != entry->content.size() || size > limit.bytes()) return std::nullopt;
  return entry->content;
}

std::vector<disk::StoredPiece> ArchiveFiles::pieces_of(std::string_view /*path*/) const {
  throw base::BugError("a file of an archive has no place on a disk");
}

void ArchiveFiles::read_pieces(std::string_view /*path*/, const disk::PieceSink& /*sink*/) const {
  throw base::BugError("the content of an archive is not kept");
}

std::optional<std::string> ArchiveFiles::link_target(std::string_view path) const {
  const Entry* entry = entry_at(path);
  if (entry == nullptr || entry->stored.type != fs::FileType::symlink) return std::nullopt;
  return entry->target;
}

std::vector<tree::ExtendedAttribute> ArchiveFiles::attributes(std::string_view /*path*/) const {
  return {};
}

} // namespace imagewright::inspect
