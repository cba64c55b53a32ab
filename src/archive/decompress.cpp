// SPDX-License-Identifier: MIT
#include <cerrno>
#include <memory>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <imagewright/archive/decompress.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/temporary_directory.hpp>
#include <imagewright/fs/unique_fd.hpp>

namespace imagewright::archive {

namespace {

constexpr std::size_t k_block_size = 128 * 1024;
constexpr std::size_t k_head_size = 6;

struct ArchiveDeleter {
  void operator()(struct archive* reader) const { archive_read_free(reader); }
};
using ArchivePointer = std::unique_ptr<struct archive, ArchiveDeleter>;

[[noreturn]] void throw_damaged(const std::string& name, const std::string& why) {
  throw base::Error(base::FailureKind::build, "archive.damaged",
                    fmt::format("cannot decompress {}: {}", base::quoted(name), why),
                    "fetch or make the file again");
}

/// Counts what goes through and refuses more than the limit.
class BoundedSink {
public:
  BoundedSink(const std::string& name, base::ByteSize limit, const Sink& sink)
      : name_(name), limit_(limit), sink_(sink) {}

  void write(std::span<const std::byte> piece) {
    if (piece.size() > limit_.bytes() - written_) {
      throw base::Error(base::FailureKind::build, "archive.too-large",
                        fmt::format("{} holds more than {} when decompressed", base::quoted(name_),
                                    base::to_string(limit_)),
                        "check where the file comes from: it is larger than it may be");
    }
    written_ += piece.size();
    sink_(piece);
  }

private:
  const std::string& name_;
  base::ByteSize limit_;
  const Sink& sink_;
  std::uint64_t written_ = 0;
};

/// Reads until the buffer is full or the file ends.
std::size_t read_block(int fd, std::span<std::byte> buffer, const std::string& name) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const ssize_t got = ::read(fd, buffer.data() + filled, buffer.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) base::throw_system_error("fs.cannot-read", "cannot read", name, errno);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

/// What libarchive reads from: the head that was looked at already, then the rest of the file.
struct Source {
  int fd = -1;
  const std::string& name;
  std::vector<std::byte> buffer;
  std::size_t head_size = 0;
};

la_ssize_t read_source(struct archive* reader, void* data, const void** block) {
  auto& source = *static_cast<Source*>(data);
  *block = source.buffer.data();
  if (source.head_size > 0) return static_cast<la_ssize_t>(std::exchange(source.head_size, 0));
  while (true) {
    const ssize_t got = ::read(source.fd, source.buffer.data(), source.buffer.size());
    if (got >= 0) return got;
    if (errno == EINTR) continue;
    archive_set_error(reader, errno, "cannot read the file");
    return -1;
  }
}

int enable_filter(struct archive* reader, Compression compression) {
  switch (compression) {
  case Compression::none:
    return ARCHIVE_OK;
  case Compression::gzip:
    return archive_read_support_filter_gzip(reader);
  case Compression::zstd:
    return archive_read_support_filter_zstd(reader);
  case Compression::xz:
    return archive_read_support_filter_xz(reader);
  case Compression::bzip2:
    return archive_read_support_filter_bzip2(reader);
  }
  throw base::BugError("unknown compression");
}

std::string error_text(struct archive* reader) {
  const char* text = archive_error_string(reader);
  return text == nullptr ? "the stream is damaged" : base::escape_controls(text);
}

/// The stream is treated as an archive of one member without a format of its own ("raw").
ArchivePointer open_stream(Source& source, Compression compression) {
  ArchivePointer reader(archive_read_new());
  if (!reader) throw std::bad_alloc();
  // A result below ARCHIVE_OK but above ARCHIVE_FAILED means that an external program would do the
  // work.
  if (enable_filter(reader.get(), compression) != ARCHIVE_OK ||
      archive_read_support_format_raw(reader.get()) != ARCHIVE_OK) {
    throw base::Error(
        base::FailureKind::host, "archive.unsupported",
        fmt::format("this host's libarchive cannot read {} streams", to_string(compression)),
        "install a libarchive that was built with it");
  }
  struct archive_entry* entry = nullptr;
  if (archive_read_open(reader.get(), &source, nullptr, read_source, nullptr) != ARCHIVE_OK ||
      archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK) {
    throw_damaged(source.name, error_text(reader.get()));
  }
  return reader;
}

void pump_compressed(Source& source, Compression compression, BoundedSink& sink) {
  const ArchivePointer reader = open_stream(source, compression);
  std::vector<std::byte> block(k_block_size);
  while (true) {
    const la_ssize_t got = archive_read_data(reader.get(), block.data(), block.size());
    if (got == 0) return;
    if (got < 0) throw_damaged(source.name, error_text(reader.get()));
    sink.write(std::span(block).first(static_cast<std::size_t>(got)));
  }
}

void pump_plain(Source& source, BoundedSink& sink) {
  std::size_t filled = source.head_size;
  while (filled > 0) {
    sink.write(std::span(source.buffer).first(filled));
    filled = read_block(source.fd, source.buffer, source.name);
  }
}

} // namespace

void decompress(int fd, const std::string& name, base::ByteSize limit, const Sink& sink) {
  Source source{.fd = fd, .name = name, .buffer = std::vector<std::byte>(k_block_size)};
  source.head_size = read_block(fd, std::span(source.buffer).first(k_head_size), name);
  const Compression compression =
      detect_compression(std::span(source.buffer).first(source.head_size));
  BoundedSink bounded(name, limit, sink);
  if (compression == Compression::none) {
    pump_plain(source, bounded);
  } else {
    pump_compressed(source, compression, bounded);
  }
}

void decompress(const std::filesystem::path& source, base::ByteSize limit, const Sink& sink) {
  const fs::UniqueFd fd = fs::open_for_reading(source);
  decompress(fd.get(), source.string(), limit, sink);
}

void decompress_file(const std::filesystem::path& source, const std::filesystem::path& target,
                     base::ByteSize limit) {
  const fs::TemporaryDirectory staging(target.parent_path(), ".decompress-");
  const std::filesystem::path staged = staging.path() / "content";
  const fs::UniqueFd fd(::open(staged.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!fd) base::throw_system_error("fs.cannot-write", "cannot write", staged.string(), errno);
  std::uint64_t offset = 0;
  decompress(source, limit, [&](std::span<const std::byte> piece) {
    fs::write_exactly(fd.get(), piece, offset, target.string());
    offset += piece.size();
  });
  if (::rename(staged.c_str(), target.c_str()) != 0) {
    base::throw_system_error("fs.cannot-write", "cannot write", target.string(), errno);
  }
}

std::string decompressed_text(const std::filesystem::path& source, base::ByteSize limit) {
  std::string text;
  decompress(source, limit, [&](std::span<const std::byte> piece) {
    for (const std::byte byte : piece)
      text.push_back(static_cast<char>(byte));
  });
  return text;
}

} // namespace imagewright::archive
