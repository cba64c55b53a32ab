// SPDX-License-Identifier: MIT
#include "archive_members.hpp"

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include <fmt/format.h>

#include <imagewright/archive/tar_reader.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/unique_fd.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

namespace imagewright::finalize {

namespace {

constexpr std::size_t k_piece_size = std::size_t{1} << 20U;
constexpr sandbox::WorkerLimits k_limits{.memory = base::ByteSize::gib(1),
                                         .time = std::chrono::minutes(30),
                                         .file_size = k_largest_unpacked};

[[noreturn]] void throw_too_large(const std::string& name, const std::string& what) {
  throw base::Error(base::FailureKind::build, "archive.too-large",
                    fmt::format("the archive {} has more than {}", base::quoted(name), what),
                    "check where the file comes from");
}

MemberKind kind_of(const archive::TarMember& member) {
  if (!member.hard_link.empty()) return MemberKind::hard_link;
  switch (member.type) {
  case fs::FileType::regular:
    return MemberKind::file;
  case fs::FileType::directory:
    return MemberKind::directory;
  case fs::FileType::symlink:
    return MemberKind::symlink;
  case fs::FileType::character_device:
  case fs::FileType::block_device:
  case fs::FileType::fifo:
  case fs::FileType::socket:
    return MemberKind::special;
  }
  throw base::BugError("a member of an archive is of no type");
}

// --- in the worker

/// Puts the content of files into the room, and what is told of all members into the answer.
class RoomWriter {
public:
  RoomWriter(int room, std::string name) : room_(room), name_(std::move(name)) {}

  void take(const archive::TarMember& member, const archive::MemberContent& content) {
    if (count_++ == k_most_members)
      throw_too_large(name_, fmt::format("{} members", k_most_members));
    const MemberKind kind = kind_of(member);
    const std::uint64_t offset = end_;
    if (kind == MemberKind::file) write(content);
    const bool has_capabilities =
        std::ranges::find(member.attributes, "security.capability") != member.attributes.end();
    members_.text(member.path)
        .text(kind == MemberKind::hard_link ? member.hard_link : member.link_target)
        .number(static_cast<std::uint64_t>(kind))
        .number(member.permissions)
        .flag(has_capabilities)
        .number(offset)
        .number(end_ - offset);
  }

  std::string answer() {
    sandbox::ByteWriter count;
    return count.number(count_).take() + members_.take();
  }

private:
  void write(const archive::MemberContent& content) {
    for (std::string piece = content(k_piece_size); !piece.empty(); piece = content(k_piece_size)) {
      if (piece.size() > k_largest_unpacked.bytes() - end_)
        throw_too_large(name_, base::to_string(k_largest_unpacked));
      fs::write_exactly(room_, std::as_bytes(std::span(piece)), end_, name_);
      end_ += piece.size();
    }
  }

  int room_;
  std::string name_;
  std::uint64_t end_ = 0;
  std::size_t count_ = 0;
  sandbox::ByteWriter members_;
};

// --- in the program

std::vector<ArchiveMember> decode(std::string_view bytes) {
  sandbox::ByteReader answer(bytes);
  const std::uint64_t count = answer.number();
  if (count > k_most_members) throw base::BugError("an archive has too many members");
  std::vector<ArchiveMember> members;
  while (members.size() < count) {
    ArchiveMember& member = members.emplace_back();
    member.path = answer.text();
    member.target = answer.text();
    member.kind = answer.choice(MemberKind::special);
    member.permissions = static_cast<mode_t>(answer.number() & 07777U);
    member.has_capabilities = answer.flag();
    member.offset = answer.number();
    member.size = answer.number();
  }
  if (!answer.at_end()) throw base::BugError("there is more than the members of an archive");
  return members;
}

/// What the answer says of the room has to be true of it.
void require_in_room(const std::vector<ArchiveMember>& members, int room,
                     const std::string& subject) {
  struct stat status {};
  if (::fstat(room, &status) != 0)
    base::throw_system_error("fs.cannot-read", "cannot read", subject, errno);
  const auto length = static_cast<std::uint64_t>(status.st_size);
  std::uint64_t end = 0;
  for (const ArchiveMember& member : members) {
    if (member.kind != MemberKind::file) continue;
    if (member.offset != end || member.size > length - end)
      sandbox::throw_no_answer(subject, "its files are larger than what it holds");
    end += member.size;
  }
}

} // namespace

std::string write_archive_members(const sandbox::WorkerCall& call) {
  const std::string name(call.request);
  if (call.descriptors.size() != 2) throw base::BugError("an archive is read into one room");
  fs::UniqueFd file(::fcntl(call.descriptors[0], F_DUPFD_CLOEXEC, 0));
  if (!file) base::throw_system_error("fs.cannot-read", "cannot read", name, errno);
  RoomWriter writer(call.descriptors[1], name);
  archive::read_tar_or_zip(
      std::move(file), name, k_largest_unpacked,
      [&](const archive::TarMember& member, const archive::MemberContent& content) {
        writer.take(member, content);
      },
      base::Cancellation());
  return writer.answer();
}

std::vector<ArchiveMember> read_archive_members(const std::filesystem::path& archive, int room,
                                                const base::Cancellation& cancellation) {
  const fs::UniqueFd file = fs::open_for_reading(archive);
  const std::string subject = "the archive " + base::quoted(archive.string());
  auto members = sandbox::ask_worker({.job = k_archive_members_job,
                                      .subject = subject,
                                      .request = archive.string(),
                                      .descriptors = {file.get(), room},
                                      .limits = k_limits},
                                     cancellation, &decode);
  require_in_room(members, room, subject);
  return members;
}

} // namespace imagewright::finalize
