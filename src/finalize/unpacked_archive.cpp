// SPDX-License-Identifier: MIT
#include "unpacked_archive.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string_view>

#include <fcntl.h>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/temporary_directory.hpp>
#include <imagewright/fs/unique_fd.hpp>

#include "archive_members.hpp"
#include "boot_paths.hpp"

namespace imagewright::finalize {

namespace {

constexpr std::string_view k_choose = "take another archive, or let a script unpack this one";

/// A file that has no name any more.
fs::UniqueFd make_room(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "room";
  fs::UniqueFd room(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!room) base::throw_system_error("fs.cannot-write", "cannot write", path.string(), errno);
  return room;
}

class Unpacker {
public:
  Unpacker(root::WorkRoot& root, const model::AdditionalFile& file, int room)
      : root_(root), file_(file), room_(room),
        top_(file.destination == "/" ? "" : file.destination) {}

  void take(const ArchiveMember& member) {
    require_plain(member);
    const auto path = place_of(member.path, member.path);
    if (!path) return;
    has_members_ = true;
    require_no_link_above(*path, member);
    if (member.kind == MemberKind::directory) {
      make_directory(*path, member);
    } else if (member.kind == MemberKind::symlink) {
      write_link(*path, member);
    } else {
      write_file(*path, member);
    }
  }

  std::vector<std::string> finish() {
    if (!has_members_) {
      throw base::Error(base::FailureKind::input,
                        {.code = "archive.nothing-left",
                         .message = fmt::format("no member of the archive for {} is left to unpack",
                                                base::quoted(file_.destination)),
                         .where = file_.where,
                         .hint = "lower stripComponents, or take another archive"});
    }
    return std::move(paths_);
  }

private:
  [[noreturn]] void refuse(const std::string& member, const std::string& why) const {
    throw base::Error(
        base::FailureKind::build,
        {.code = "archive.unsafe-member",
         .message = fmt::format("the archive for {} has {}, {}", base::quoted(file_.destination),
                                base::quoted(base::escape_controls(member)), why),
         .where = file_.where,
         .hint = std::string(k_choose)});
  }

  void require_plain(const ArchiveMember& member) const {
    if (member.kind == MemberKind::special)
      refuse(member.path, "which is a device, a FIFO or a socket");
    const bool is_program = member.kind == MemberKind::file && (member.permissions & 06000U) != 0;
    if (is_program || member.has_capabilities)
      refuse(member.path, "which would run with the rights of its owner or with capabilities");
  }

  /// The parts of a member's name; nothing of it may lead elsewhere.
  std::vector<std::string> parts_of(const std::string& name, const std::string& member) const {
    const bool leads_out =
        name.empty() || name.front() == '/' || name.find('\0') != std::string::npos;
    if (leads_out) refuse(member, "whose name is no relative path");
    std::vector<std::string> parts;
    for (const std::string& part : base::split(name, '/')) {
      if (part == "..") refuse(member, "which would be outside of it");
      if (!part.empty() && part != ".") parts.push_back(part);
    }
    return parts;
  }

  /// Where a member comes to, without the components that are left out; nothing: it is left out.
  std::optional<std::string> place_of(const std::string& name, const std::string& member) const {
    const auto parts = parts_of(name, member);
    const std::size_t stripped = file_.unpacking->stripped_components;
    if (parts.size() <= stripped) return std::nullopt;
    std::string path = top_;
    for (const std::string& part : std::span(parts).subspan(stripped))
      path += "/" + part;
    return name_on_esp(root_.files(), path);
  }

  /// Links of the archive itself: those of packages are followed, inside of the image.
  void require_no_link_above(const std::string& path, const ArchiveMember& member) const {
    for (std::size_t end = path.find('/', top_.size() + 1); end != std::string::npos;
         end = path.find('/', end + 1)) {
      if (links_.contains(path.substr(0, end)))
        refuse(member.path, "which would be written through a link of the archive");
    }
  }

  /// ".." is for the beginning of a target alone: behind a name, which may be a link, nobody knows
  /// where it leads.
  void require_target_inside(const std::string& path, const ArchiveMember& member) const {
    const std::string& target = member.target;
    if (target.empty() || target.front() == '/' || target.find('\0') != std::string::npos)
      refuse(member.path, "a link to somewhere that does not depend on where it is");
    const std::string below = path.substr(top_.size() + 1);
    auto depth = std::ranges::count(below, '/');
    bool has_name = false;
    for (const std::string& part : base::split(target, '/')) {
      if (part.empty() || part == ".") continue;
      if (part == ".." && (has_name || depth-- == 0))
        refuse(member.path, "a link that leads out of what is unpacked");
      has_name = has_name || part != "..";
    }
  }

  void make_directory(const std::string& path, const ArchiveMember& member) {
    const bool is_new = !root_.files().exists(path);
    root_.files().make_directories(path);
    if (!is_new) return;
    root_.files().set_permissions(path, (member.permissions & 0755U) | 0700U);
    root_.own(path, 0, 0);
  }

  void write_link(const std::string& path, const ArchiveMember& member) {
    require_target_inside(path, member);
    root_.files().make_symlink(path, member.target);
    root_.own(path, 0, 0);
    links_.emplace(path, member.target);
    contents_.erase(path);
    paths_.push_back(path);
  }

  void write_file(const std::string& path, const ArchiveMember& member) {
    const ArchiveMember& source =
        member.kind == MemberKind::hard_link ? first_name(member) : member;
    require_space(source, member);
    root_.files().write_copy(
        path, {.fd = room_, .offset = source.offset, .size = source.size, .name = source.path},
        source.permissions & 0755U);
    root_.own(path, 0, 0);
    links_.erase(path);
    contents_.insert_or_assign(path, source);
    paths_.push_back(path);
  }

  /// Each name of a file is a file here, so that a few bytes of an archive may be many.
  void require_space(const ArchiveMember& source, const ArchiveMember& member) {
    if (source.size > k_largest_unpacked.bytes() - written_) {
      throw base::Error(base::FailureKind::build,
                        {.code = "archive.too-large",
                         .message = fmt::format("the archive for {} has more than {} with {}",
                                                base::quoted(file_.destination),
                                                base::to_string(k_largest_unpacked),
                                                base::quoted(base::escape_controls(member.path))),
                         .where = file_.where,
                         .hint = "check where the file comes from"});
    }
    written_ += source.size;
  }

  /// Another name becomes a file of its own, with the same content.
  const ArchiveMember& first_name(const ArchiveMember& member) const {
    const auto target = place_of(member.target, member.path);
    const auto found = target ? contents_.find(*target) : contents_.end();
    if (found == contents_.end())
      refuse(member.path, "another name of a file that is not unpacked");
    return found->second;
  }

  root::WorkRoot& root_;
  const model::AdditionalFile& file_;
  int room_;
  std::string top_; ///< what stands before "/" in the path of each member
  bool has_members_ = false;
  std::uint64_t written_ = 0;
  std::map<std::string, std::string> links_;
  std::map<std::string, ArchiveMember> contents_;
  std::vector<std::string> paths_;
};

} // namespace

std::vector<std::string> unpack_archive(root::WorkRoot& root, const model::AdditionalFile& file,
                                        const base::Cancellation& cancellation) {
  IMAGEWRIGHT_ASSERT(file.unpacking.has_value());
  const fs::TemporaryDirectory directory(root.files().host_path().parent_path(), ".unpacking-");
  const fs::UniqueFd room = make_room(directory.path());
  Unpacker unpacker(root, file, room.get());
  const auto& archive = std::get<std::filesystem::path>(file.content);
  for (const ArchiveMember& member : read_archive_members(archive, room.get(), cancellation)) {
    cancellation.check();
    unpacker.take(member);
  }
  return unpacker.finish();
}

} // namespace imagewright::finalize
