// SPDX-License-Identifier: MIT
#include "container/unpack.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <map>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/archive/decompress.hpp>
#include <imagewright/archive/tar_reader.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/zeros.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "container/archive_kind.hpp"
#include "container/blob.hpp"

namespace imagewright::container {

namespace {

constexpr base::ByteSize k_largest_archive = base::ByteSize::gib(64);
/// An image has a few files for each of its layers.
constexpr std::size_t k_most_files = 65536;
/// What is read of a member at once: a layer need not fit into memory.
constexpr std::size_t k_piece_size = std::size_t{1} << 20U;
constexpr sandbox::WorkerLimits k_limits{.memory = base::ByteSize::gib(1),
                                         .time = std::chrono::minutes(60),
                                         .file_size = k_largest_archive};

/// No compression of files that are of use gains more; one that does holds zeros without end.
base::ByteSize largest_content(int descriptor) {
  constexpr std::uint64_t k_best_compression = 100;
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return k_largest_archive;
  // A file may be a hole.
  constexpr std::uint64_t k_block = 512; // stat(2)
  const auto size =
      std::min({static_cast<std::uint64_t>(status.st_size),
                static_cast<std::uint64_t>(status.st_blocks) * k_block, k_largest_archive.bytes()});
  const base::ByteSize expected =
      base::ByteSize::gib(1) + base::ByteSize(size * k_best_compression);
  return std::min(k_largest_archive, expected);
}

/// A file or a link of an archive, as it is named there. The content of files stands in the room,
/// one after another.
struct Member {
  std::string path;
  std::string target; ///< of links, from where the archive begins; empty: a file
  std::uint64_t size = 0;
};

fs::UniqueFd duplicate(int descriptor, const std::string& name) {
  fs::UniqueFd fd(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
  if (!fd) base::throw_system_error("fs.cannot-read", "cannot read", name, errno);
  return fd;
}

// --- in the worker

/// Writes what an archive holds into the room.
class Writer {
public:
  Writer(int room, std::string name) : room_(room), name_(std::move(name)) {}

  void take(const archive::TarMember& member, const archive::MemberContent& content) {
    if (member.type == fs::FileType::directory) return;
    if (members_.size() == k_most_files)
      throw_damaged(fmt::format("the archive {} has too many files", base::quoted(name_)));
    if (!member.hard_link.empty()) {
      members_.push_back({.path = member.path, .target = member.hard_link});
    } else if (member.type == fs::FileType::symlink) {
      const auto parent = std::filesystem::path(member.path).parent_path();
      members_.push_back({.path = member.path, .target = (parent / member.link_target).string()});
    } else if (member.type == fs::FileType::regular) {
      members_.push_back({.path = member.path, .target = {}, .size = write(content)});
    }
  }

  std::string answer() const {
    sandbox::ByteWriter answer;
    answer.number(members_.size());
    for (const Member& member : members_)
      answer.text(member.path).text(member.target).number(member.size);
    return answer.take();
  }

private:
  std::uint64_t write(const archive::MemberContent& content) {
    const std::uint64_t begin = end_;
    for (std::string piece = content(k_piece_size); !piece.empty(); piece = content(k_piece_size)) {
      // Zeros are left out: what holds nothing else takes no room.
      const auto bytes = std::as_bytes(std::span(piece));
      if (!base::is_all_zero(bytes)) fs::write_exactly(room_, bytes, end_, name_);
      end_ += piece.size();
    }
    if (::ftruncate(room_, static_cast<off_t>(end_)) != 0)
      base::throw_system_error("fs.cannot-write", "cannot write", name_, errno);
    return end_ - begin;
  }

  int room_;
  std::string name_;
  std::uint64_t end_ = 0;
  std::vector<Member> members_;
};

// --- in the program

std::vector<Member> decode_members(std::string_view bytes) {
  sandbox::ByteReader answer(bytes);
  const std::uint64_t count = answer.number();
  if (count > k_most_files) throw base::BugError("an archive has too many files");
  std::vector<Member> members;
  while (members.size() < count) {
    Member& member = members.emplace_back();
    member.path = answer.text();
    member.target = answer.text();
    member.size = answer.number();
  }
  if (!answer.at_end()) throw base::BugError("there is more than the files of an archive");
  return members;
}

/// Without "./" and "..": nothing is written anywhere else.
std::filesystem::path inner_path(const std::string& name, const std::filesystem::path& archive) {
  const std::filesystem::path path = std::filesystem::path(name).lexically_normal();
  const bool leads_out = path.is_absolute() || path.empty() || path.begin()->string() == ".." ||
                         name.find('\0') != std::string::npos;
  if (leads_out) {
    throw_damaged(fmt::format("the archive {} has a file {}, which would be outside of it",
                              base::quoted(archive.string()), base::quoted(name)));
  }
  return path;
}

/// Makes files of what a worker has put into the room.
class Unpacker {
public:
  Unpacker(const std::filesystem::path& archive, const std::filesystem::path& directory, int room)
      : archive_(archive), directory_(directory), room_(room) {
    struct stat status {};
    if (::fstat(room_, &status) != 0)
      base::throw_system_error("fs.cannot-read", "cannot read", archive.string(), errno);
    left_ = static_cast<std::uint64_t>(status.st_size);
  }

  void take(const Member& member) {
    const std::filesystem::path path = inner_path(member.path, archive_);
    if (member.target.empty()) {
      write(path, member.size);
    } else {
      links_[path] = inner_path(member.target, archive_);
    }
  }

  /// Links become further names of what they mean, once everything is there.
  void link() const {
    for (const auto& [path, target] : links_) {
      const std::filesystem::path from = directory_ / target;
      std::error_code error;
      if (!std::filesystem::is_regular_file(from, error) || path == target) continue;
      make_room(directory_ / path);
      std::filesystem::create_hard_link(from, directory_ / path, error);
      if (error)
        base::throw_system_error("fs.cannot-write", "cannot link", path.string(), error.value());
    }
  }

private:
  static void make_room(const std::filesystem::path& target) {
    std::error_code error;
    std::filesystem::create_directories(target.parent_path(), error);
    if (error) {
      base::throw_system_error("fs.cannot-write", "cannot make", target.parent_path().string(),
                               error.value());
    }
    std::filesystem::remove(target, error);
  }

  /// Each piece of the room is the content of one file: files are no larger together than it is.
  void write(const std::filesystem::path& path, std::uint64_t size) {
    if (size > left_)
      sandbox::throw_no_answer("the archive " + base::quoted(archive_.string()),
                               "its files are larger than what it holds");
    left_ -= size;
    const std::filesystem::path target = directory_ / path;
    make_room(target);
    const fs::UniqueFd file(
        ::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) base::throw_system_error("fs.cannot-write", "cannot write", target.string(), errno);
    std::vector<std::byte> buffer(std::min<std::uint64_t>(size, k_piece_size));
    for (std::uint64_t done = 0; done < size;) {
      const auto piece =
          std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), size - done));
      fs::read_exactly(room_, piece, place_ + done, archive_.string());
      fs::write_exactly(file.get(), piece, done, target.string());
      done += piece.size();
    }
    // What is copied is not kept twice; where the filesystem cannot let go of it, it goes with the
    // room.
    if (size > 0)
      ::fallocate(room_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(place_),
                  static_cast<off_t>(size));
    place_ += size;
  }

  const std::filesystem::path& archive_;
  const std::filesystem::path& directory_;
  int room_;
  std::uint64_t left_ = 0;
  std::uint64_t place_ = 0;
  std::map<std::filesystem::path, std::filesystem::path> links_;
};

/// A file below `directory` that has no name any more.
fs::UniqueFd make_nameless_file(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "room";
  fs::UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file || ::unlink(path.c_str()) != 0)
    base::throw_system_error("fs.cannot-write", "cannot write", path.string(), errno);
  return file;
}

} // namespace

std::string unpack_in_worker(const sandbox::WorkerCall& call) {
  const std::string name(call.request);
  const base::Cancellation never;
  Writer writer(call.descriptors[1], name);
  archive::read_tar(
      duplicate(call.descriptors[0], name), name, largest_content(call.descriptors[0]),
      [&](const archive::TarMember& member, const archive::MemberContent& content) {
        writer.take(member, content);
      },
      never);
  return writer.answer();
}

std::string digest_layer_in_worker(const sandbox::WorkerCall& call) {
  base::Hasher hasher;
  archive::decompress(call.descriptors[0], std::string(call.request),
                      largest_content(call.descriptors[0]),
                      [&](std::span<const std::byte> piece) { hasher.update(piece); });
  return hasher.finish().to_string();
}

void check_difference(const Layer& layer, const base::Cancellation& cancellation) {
  const std::string name = "the layer " + layer.blob.digest.to_string();
  const fs::UniqueFd file = open_regular_file(layer.blob.file);
  std::string found;
  try {
    found = sandbox::run_in_worker({.job = k_layer_job,
                                    .subject = name,
                                    .request = layer.blob.digest.to_string(),
                                    .descriptors = {file.get()},
                                    .limits = k_limits},
                                   cancellation);
  } catch (const base::Error& error) {
    if (!error.diagnostic().code.starts_with("archive.")) throw;
    throw_damaged(name + " cannot be unpacked: " + error.diagnostic().message);
  }
  const auto digest = base::Digest::parse(found);
  if (!digest) sandbox::throw_no_answer(name, "its digest is none");
  if (*digest == layer.difference) return;
  throw_damaged(fmt::format("{} holds {} when it is unpacked, and the config says {}", name, found,
                            layer.difference.to_string()));
}

namespace {

/// What is something else is told before anybody looks for images in it.
void require_archive(const fs::UniqueFd& file, const std::filesystem::path& archive) {
  std::array<std::byte, 512> head{};
  const ssize_t got = ::pread(file.get(), head.data(), head.size(), 0);
  if (got < 0) base::throw_system_error("fs.cannot-read", "cannot read", archive.string(), errno);
  if (got == 0) throw_damaged(fmt::format("{} is empty", base::quoted(archive.string())));
  const auto other = find_other_kind(std::span(head).first(static_cast<std::size_t>(got)));
  if (!other) return;
  throw base::Error(base::FailureKind::input, "container.unsupported",
                    fmt::format("{} is {}, and no archive of images",
                                base::quoted(archive.string()), other->words),
                    other->hint);
}

std::vector<Member> members_of(const fs::UniqueFd& file, const fs::UniqueFd& room,
                               const std::filesystem::path& archive,
                               const base::Cancellation& cancellation) {
  const std::string subject = "the archive " + base::quoted(archive.string());
  try {
    return sandbox::ask_worker({.job = k_unpack_job,
                                .subject = subject,
                                .request = archive.string(),
                                .descriptors = {file.get(), room.get()},
                                .limits = k_limits},
                               cancellation, &decode_members);
  } catch (const base::Error& error) {
    const std::string& code = error.diagnostic().code;
    if (code != "archive.damaged" && code != "archive.too-large") throw;
    throw_damaged(subject + " cannot be unpacked: " + error.diagnostic().message);
  }
}

} // namespace

void unpack(const std::filesystem::path& archive, const std::filesystem::path& directory,
            const base::Cancellation& cancellation) {
  const fs::UniqueFd file = open_regular_file(archive);
  require_archive(file, archive);
  const fs::UniqueFd room = make_nameless_file(directory);
  const std::vector<Member> members = members_of(file, room, archive, cancellation);
  Unpacker unpacker(archive, directory, room.get());
  for (const Member& member : members) {
    cancellation.check();
    unpacker.take(member);
  }
  unpacker.link();
}

} // namespace imagewright::container
