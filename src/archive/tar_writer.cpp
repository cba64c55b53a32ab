// SPDX-License-Identifier: MIT
#include <algorithm>
#include <exception>
#include <limits>
#include <new>
#include <optional>
#include <span>
#include <string>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <imagewright/archive/tar_writer.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/unfinished_file.hpp>

#include "archive/utf8_thread.hpp"

namespace imagewright::archive {

namespace {

constexpr std::size_t k_piece_size = 256 * 1024;

struct WriterDeleter {
  void operator()(struct archive* writer) const { archive_write_free(writer); }
};
struct EntryDeleter {
  void operator()(struct archive_entry* entry) const { archive_entry_free(entry); }
};
using EntryPointer = std::unique_ptr<struct archive_entry, EntryDeleter>;

int add_filter(struct archive* writer, Compression compression) {
  switch (compression) {
  case Compression::none:
    return archive_write_add_filter_none(writer);
  case Compression::gzip:
    return archive_write_add_filter_gzip(writer);
  case Compression::zstd:
    return archive_write_add_filter_zstd(writer);
  case Compression::xz:
    return archive_write_add_filter_xz(writer);
  case Compression::bzip2:
    break;
  }
  throw base::BugError("bzip2 cannot be written");
}

/// libarchive's words for what differs from its defaults.
std::string options_text(const TarOptions& options) {
  std::string text = "pax:xattrheader=SCHILY";
  const std::string_view filter = to_string(options.compression);
  if (options.compression == Compression::none) return text;
  if (options.level) text += fmt::format(",{}:compression-level={}", filter, *options.level);
  if (options.compression == Compression::gzip) text += ",gzip:!timestamp";
  // At least one worker, because zstd cuts its work differently without any.
  if (options.compression == Compression::zstd)
    text += fmt::format(",zstd:threads={}", std::max(1U, options.thread_count));
  return text;
}

/// Linux, include/uapi/linux/posix_acl_xattr.h: a version, and entries of tag, permissions and id,
/// all little endian.
struct AccessEntry {
  std::uint16_t tag = 0;
  std::uint16_t permissions = 0;
  std::uint32_t id = 0;
};
constexpr std::size_t k_access_header = 4;
constexpr std::size_t k_access_entry = 8;
constexpr std::uint32_t k_access_version = 2;

std::uint32_t little_endian(std::string_view bytes, std::size_t offset, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t index = size; index > 0; --index)
    value = value << 8U | static_cast<unsigned char>(bytes[offset + index - 1]);
  return value;
}

/// libarchive's word for the kernel's tag; nothing for one that is not known.
std::optional<int> access_tag(std::uint16_t tag) {
  switch (tag) {
  case 0x01:
    return ARCHIVE_ENTRY_ACL_USER_OBJ;
  case 0x02:
    return ARCHIVE_ENTRY_ACL_USER;
  case 0x04:
    return ARCHIVE_ENTRY_ACL_GROUP_OBJ;
  case 0x08:
    return ARCHIVE_ENTRY_ACL_GROUP;
  case 0x10:
    return ARCHIVE_ENTRY_ACL_MASK;
  case 0x20:
    return ARCHIVE_ENTRY_ACL_OTHER;
  default:
    return std::nullopt;
  }
}

/// An access list as SCHILY.acl records too: GNU tar with --acls looks nowhere else.
void add_access_list(struct archive_entry* entry, std::string_view name, std::string_view value) {
  const bool is_default = name == "system.posix_acl_default";
  if (!is_default && name != "system.posix_acl_access") return;
  const bool is_known = value.size() >= k_access_header &&
                        little_endian(value, 0, 4) == k_access_version &&
                        (value.size() - k_access_header) % k_access_entry == 0;
  if (!is_known) return;
  const int type = is_default ? ARCHIVE_ENTRY_ACL_TYPE_DEFAULT : ARCHIVE_ENTRY_ACL_TYPE_ACCESS;
  for (std::size_t at = k_access_header; at < value.size(); at += k_access_entry) {
    const AccessEntry each{.tag = static_cast<std::uint16_t>(little_endian(value, at, 2)),
                           .permissions =
                               static_cast<std::uint16_t>(little_endian(value, at + 2, 2)),
                           .id = little_endian(value, at + 4, 4)};
    const auto tag = access_tag(each.tag);
    if (!tag) continue;
    const bool is_named = *tag == ARCHIVE_ENTRY_ACL_USER || *tag == ARCHIVE_ENTRY_ACL_GROUP;
    // libarchive writes 0 for a number that is none of its own; a name that is one is that number.
    const bool is_large = each.id > std::numeric_limits<std::int32_t>::max();
    const std::string name_of_large = is_named && is_large ? std::to_string(each.id) : "";
    archive_entry_acl_add_entry(entry, type, each.permissions & 7, *tag,
                                is_named && !is_large ? static_cast<int>(each.id) : -1,
                                name_of_large.empty() ? nullptr : name_of_large.c_str());
  }
}

/// libarchive writes blanks and letters that are not ASCII as %20, which no reader turns back; "="
/// and "%" it writes as GNU tar does, which does.
void require_attribute_name(const TarEntry& entry, const std::string& name) {
  const bool is_fit =
      std::ranges::all_of(name, [](char letter) { return letter > ' ' && letter < '\x7f'; });
  if (is_fit) return;
  throw base::Error(base::FailureKind::build, "archive.attribute-unsupported",
                    fmt::format("the attribute {} of {} cannot stand in a tar archive: it would be "
                                "unpacked with another name",
                                base::quoted(name), base::quoted(entry.path)),
                    "remove the attribute, or write the image of a disk");
}

EntryPointer make_entry(const TarEntry& entry) {
  IMAGEWRIGHT_ASSERT(entry.type != fs::FileType::socket);
  EntryPointer made(archive_entry_new());
  if (!made) throw std::bad_alloc();
  archive_entry_set_pathname(made.get(), entry.path.c_str());
  archive_entry_set_mode(made.get(), fs::type_bits(entry.type) | entry.permissions);
  archive_entry_set_uid(made.get(), static_cast<la_int64_t>(entry.owner));
  archive_entry_set_gid(made.get(), static_cast<la_int64_t>(entry.group));
  archive_entry_set_mtime(made.get(), entry.modified.time_since_epoch().count(), 0);
  archive_entry_set_size(made.get(), static_cast<la_int64_t>(entry.size));
  archive_entry_set_rdevmajor(made.get(), entry.device_major);
  archive_entry_set_rdevminor(made.get(), entry.device_minor);
  if (entry.type == fs::FileType::symlink)
    archive_entry_set_symlink(made.get(), entry.link_target.c_str());
  if (!entry.hard_link.empty()) {
    archive_entry_set_hardlink(made.get(), entry.hard_link.c_str());
    archive_entry_set_size(made.get(), 0);
  }
  for (const auto& [name, value] : entry.attributes) {
    require_attribute_name(entry, name);
    archive_entry_xattr_add_entry(made.get(), name.c_str(), value.data(), value.size());
    add_access_list(made.get(), name, value);
  }
  return made;
}

} // namespace

/// The file, and libarchive's writer into it.
class TarWriter::Stream {
public:
  Stream(std::filesystem::path path, const TarOptions& options)
      : file_(std::move(path), 0644), writer_(archive_write_new()) {
    if (!writer_) throw std::bad_alloc();
    // A filter that libarchive would hand to an external program answers ARCHIVE_WARN.
    if (add_filter(writer_.get(), options.compression) != ARCHIVE_OK) {
      throw base::Error(base::FailureKind::host, "archive.unsupported",
                        fmt::format("this host's libarchive cannot write {} streams",
                                    to_string(options.compression)),
                        "install a libarchive that was built with it");
    }
    check(archive_write_set_format_pax(writer_.get()));
    check(archive_write_set_options(writer_.get(), options_text(options).c_str()));
    // The default pads the file to the block size of tape drives.
    check(archive_write_set_bytes_in_last_block(writer_.get(), 1));
    check(archive_write_open(writer_.get(), this, nullptr, write_block, nullptr));
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  Stream(Stream&&) = delete;
  Stream& operator=(Stream&&) = delete;
  ~Stream() = default; // the writer goes first: it still writes

  void header(const TarEntry& entry) {
    const EntryPointer made = make_entry(entry);
    const Utf8Thread utf8;
    // ARCHIVE_WARN: the name is not UTF-8, so its bytes are stored as they are and the header says
    // so (hdrcharset=BINARY).
    if (archive_write_header(writer_.get(), made.get()) < ARCHIVE_WARN) fail();
  }

  void data(std::span<const std::byte> piece) {
    while (!piece.empty()) {
      const la_ssize_t taken = archive_write_data(writer_.get(), piece.data(), piece.size());
      if (taken <= 0) fail();
      piece = piece.subspan(static_cast<std::size_t>(taken));
    }
  }

  base::Digest finish() {
    check(archive_write_close(writer_.get()));
    file_.keep();
    return hasher_.finish();
  }

private:
  static la_ssize_t write_block(struct archive* writer, void* data, const void* block,
                                std::size_t size) {
    auto& stream = *static_cast<Stream*>(data);
    try {
      const std::span bytes(static_cast<const std::byte*>(block), size);
      fs::write_exactly(stream.file_.fd(), bytes, stream.offset_, stream.file_.path().string());
      stream.hasher_.update(bytes);
      stream.offset_ += size;
      return static_cast<la_ssize_t>(size);
    } catch (...) { // libarchive is C: the exception waits until its functions have returned
      stream.failure_ = std::current_exception();
      archive_set_error(writer, EIO, "cannot write");
      return -1;
    }
  }

  void check(int result) {
    if (result != ARCHIVE_OK) fail();
  }

  [[noreturn]] void fail() {
    if (failure_) std::rethrow_exception(failure_);
    const char* text = archive_error_string(writer_.get());
    throw base::Error(
        base::FailureKind::build, "fs.cannot-write",
        fmt::format("cannot write {}: {}", base::quoted(file_.path().string()),
                    text == nullptr ? "libarchive does not say why" : base::escape_controls(text)),
        "check the directory it is written to");
  }

  fs::UnfinishedFile file_;
  std::uint64_t offset_ = 0;
  base::Hasher hasher_;
  std::exception_ptr failure_;
  std::unique_ptr<struct archive, WriterDeleter> writer_;
};

TarWriter::TarWriter(const std::filesystem::path& path, const TarOptions& options)
    : stream_(std::make_unique<Stream>(path, options)) {}

TarWriter::~TarWriter() = default;

void TarWriter::add(const TarEntry& entry) {
  stream_->header(entry);
}

void TarWriter::add_file(const TarEntry& entry, int content) {
  stream_->header(entry);
  std::vector<std::byte> buffer(k_piece_size);
  for (std::uint64_t done = 0; done < entry.size;) {
    const auto length =
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), entry.size - done));
    fs::read_exactly(content, std::span(buffer).first(length), done, entry.path);
    stream_->data(std::span(buffer).first(length));
    done += length;
  }
}

void TarWriter::add_text(TarEntry entry, std::string_view content) {
  entry.size = content.size();
  stream_->header(entry);
  stream_->data(std::as_bytes(std::span(content)));
}

base::Digest TarWriter::finish() {
  return stream_->finish();
}

} // namespace imagewright::archive
