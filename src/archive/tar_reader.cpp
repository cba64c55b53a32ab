// SPDX-License-Identifier: MIT
#include <algorithm>
#include <memory>
#include <new>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <imagewright/archive/tar_reader.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>

#include "archive/utf8_thread.hpp"

namespace imagewright::archive {

namespace {

constexpr std::size_t k_block_size = 256 * 1024;

struct ReaderDeleter {
  void operator()(struct archive* reader) const { archive_read_free(reader); }
};
using ReaderPointer = std::unique_ptr<struct archive, ReaderDeleter>;

[[noreturn]] void throw_damaged(const std::string& name, struct archive* reader) {
  const char* text = archive_error_string(reader);
  throw base::Error(base::FailureKind::build, "archive.damaged",
                    fmt::format("cannot read the archive {}: {}", base::quoted(name),
                                text == nullptr ? "it is damaged" : base::escape_controls(text)),
                    "fetch or make the file again");
}

std::string text_or_nothing(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

fs::FileType type_of(struct archive_entry* entry) {
  switch (archive_entry_filetype(entry)) {
  case AE_IFDIR:
    return fs::FileType::directory;
  case AE_IFLNK:
    return fs::FileType::symlink;
  case AE_IFCHR:
    return fs::FileType::character_device;
  case AE_IFBLK:
    return fs::FileType::block_device;
  case AE_IFIFO:
    return fs::FileType::fifo;
  case AE_IFSOCK:
    return fs::FileType::socket;
  default:
    return fs::FileType::regular;
  }
}

TarMember member_of(struct archive_entry* entry) {
  TarMember member{
      .path = text_or_nothing(archive_entry_pathname(entry)),
      .type = type_of(entry),
      .permissions = archive_entry_perm(entry),
      .owner = archive_entry_uid(entry),
      .group = archive_entry_gid(entry),
      .owner_name = text_or_nothing(archive_entry_uname(entry)),
      .group_name = text_or_nothing(archive_entry_gname(entry)),
      .size = static_cast<std::uint64_t>(std::max<la_int64_t>(archive_entry_size(entry), 0)),
      .link_target = text_or_nothing(archive_entry_symlink(entry)),
      .hard_link = text_or_nothing(archive_entry_hardlink(entry)),
      .attributes = {}};
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  archive_entry_xattr_reset(entry);
  while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK)
    member.attributes.push_back(text_or_nothing(name));
  std::ranges::sort(member.attributes);
  return member;
}

enum class Forms : std::uint8_t { tar, tar_or_zip };

class TarReader {
public:
  TarReader(fs::UniqueFd file, std::string name, base::ByteSize limit, Forms forms)
      : name_(std::move(name)), file_(std::move(file)), left_(limit.bytes()),
        reader_(archive_read_new()) {
    if (!reader_) throw std::bad_alloc();
    archive_read_support_filter_gzip(reader_.get());
    archive_read_support_filter_xz(reader_.get());
    archive_read_support_filter_zstd(reader_.get());
    archive_read_support_filter_bzip2(reader_.get());
    archive_read_support_format_tar(reader_.get());
    if (forms == Forms::tar_or_zip) archive_read_support_format_zip(reader_.get());
    if (archive_read_open_fd(reader_.get(), file_.get(), k_block_size) != ARCHIVE_OK)
      throw_damaged(name_, reader_.get());
  }

  void run(const MemberVisitor& visit, const base::Cancellation& cancellation) {
    struct archive_entry* entry = nullptr;
    while (true) {
      cancellation.check();
      const int result = archive_read_next_header(reader_.get(), &entry);
      if (result == ARCHIVE_EOF) return;
      if (result != ARCHIVE_OK && result != ARCHIVE_WARN) throw_damaged(name_, reader_.get());
      const TarMember member = member_of(entry);
      if (member.size > left_) throw_too_large();
      left_ -= member.size;
      visit(member, [this](std::size_t count) { return content(count); });
    }
  }

private:
  std::string content(std::size_t count) {
    std::string text(count, '\0');
    std::size_t filled = 0;
    while (filled < count) {
      const la_ssize_t got = archive_read_data(reader_.get(), text.data() + filled, count - filled);
      if (got < 0) throw_damaged(name_, reader_.get());
      if (got == 0) break;
      filled += static_cast<std::size_t>(got);
    }
    text.resize(filled);
    return text;
  }

  [[noreturn]] void throw_too_large() const {
    throw base::Error(base::FailureKind::build, "archive.too-large",
                      fmt::format("{} holds more than it may", base::quoted(name_)),
                      "check where the file comes from");
  }

  Utf8Thread utf8_;
  std::string name_;
  fs::UniqueFd file_;
  std::uint64_t left_;
  ReaderPointer reader_;
};

} // namespace

void require_member_count(std::size_t count) {
  constexpr std::size_t k_most = 4'000'000;
  if (count > k_most) {
    throw base::Error(base::FailureKind::build, "archive.too-large",
                      "the archive has more than four million members");
  }
}

std::optional<std::string> path_in_root(const std::string& written) {
  std::string path;
  for (const std::string& part : base::split(written, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") return std::nullopt;
    path += "/" + part;
  }
  return path.empty() ? "/" : path;
}

void prepare_to_read_tar() {
  // What is never given back stays loaded, and is found again.
  static const Utf8Thread utf8;
}

void read_tar(const std::filesystem::path& path, base::ByteSize limit, const MemberVisitor& visit,
              const base::Cancellation& cancellation) {
  read_tar(fs::open_for_reading(path), path.string(), limit, visit, cancellation);
}

void read_tar(fs::UniqueFd file, const std::string& name, base::ByteSize limit,
              const MemberVisitor& visit, const base::Cancellation& cancellation) {
  TarReader(std::move(file), name, limit, Forms::tar).run(visit, cancellation);
}

void read_tar_or_zip(fs::UniqueFd file, const std::string& name, base::ByteSize limit,
                     const MemberVisitor& visit, const base::Cancellation& cancellation) {
  TarReader(std::move(file), name, limit, Forms::tar_or_zip).run(visit, cancellation);
}

} // namespace imagewright::archive
