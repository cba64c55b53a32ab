// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <span>
#include <string_view>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/archive/decompress.hpp>
#include <imagewright/archive/initramfs_reader.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::archive {

namespace {

// Linux, Documentation/driver-api/early-userspace/buffer-format.rst: a magic of six letters and
// thirteen fields of eight hexadecimal digits.
constexpr std::size_t k_header_size = 110;
constexpr std::size_t k_digits = 8;
constexpr std::size_t k_mode_field = 1;
constexpr std::size_t k_size_field = 6;
constexpr std::size_t k_name_size_field = 11;
constexpr std::size_t k_longest_name = 4096;
constexpr std::size_t k_alignment = 4;
constexpr std::string_view k_trailer = "TRAILER!!!";
constexpr std::size_t k_block_size = std::size_t{128} * 1024;

[[noreturn]] void throw_damaged(const std::string& name, const std::string& why) {
  throw base::Error(base::FailureKind::build, "archive.damaged",
                    fmt::format("{} is no initramfs: {}", base::quoted(name), why),
                    "make the file again");
}

std::size_t padding_after(std::size_t size) {
  return (k_alignment - size % k_alignment) % k_alignment;
}

/// Takes archives piece by piece.
class CpioParser {
public:
  using Visitor = std::function<void(const InitramfsMember&)>;

  CpioParser(const std::string& name, const Visitor& visit) : name_(name), visit_(visit) {}

  /// Gives how much was taken: less than everything when something else than an archive begins.
  std::size_t take(std::string_view piece) {
    std::string_view rest = piece;
    while (true) {
      if (state_ == State::border) {
        rest.remove_prefix(std::min(rest.find_first_not_of('\0'), rest.size()));
        if (rest.empty() || rest.front() != '0') break;
        expect(State::header, k_header_size);
      }
      if (!collect(rest)) break;
      advance();
    }
    return piece.size() - rest.size();
  }

  bool is_at_border() const { return state_ == State::border; }
  std::size_t archives() const { return archives_; }

private:
  enum class State : std::uint8_t { border, header, name, content };

  void expect(State state, std::size_t size) {
    state_ = state;
    missing_ = size;
    part_.clear();
  }

  /// Whether the part is complete. What nobody wants to know is not kept.
  bool collect(std::string_view& rest) {
    const std::size_t count = std::min<std::size_t>(missing_, rest.size());
    if (state_ != State::content || is_kept_) part_ += rest.substr(0, count);
    rest.remove_prefix(count);
    missing_ -= count;
    return missing_ == 0;
  }

  void advance() {
    switch (state_) {
    case State::border:
      return;
    case State::header:
      read_header();
      return;
    case State::name:
      read_name();
      return;
    case State::content:
      if (is_kept_) member_.content = part_.substr(0, size_);
      visit_(member_);
      expect(State::header, k_header_size);
      return;
    }
  }

  std::uint32_t field(std::size_t index) const {
    const char* begin = part_.data() + 6 + index * k_digits;
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(begin, begin + k_digits, value, 16);
    if (error != std::errc{} || end != begin + k_digits)
      throw_damaged(name_, "a header has a field that is no number");
    return value;
  }

  void read_header() {
    if (!part_.starts_with("070701") && !part_.starts_with("070702"))
      throw_damaged(name_, "where a header should stand is something else");
    const std::size_t name_size = field(k_name_size_field);
    if (name_size == 0 || name_size > k_longest_name)
      throw_damaged(name_, "a name is longer than the kernel takes");
    member_ = {.path = {}, .mode = field(k_mode_field), .content = {}};
    size_ = field(k_size_field);
    is_kept_ = size_ <= k_largest_kept.bytes() && (S_ISREG(member_.mode) || S_ISLNK(member_.mode));
    expect(State::name, name_size + padding_after(k_header_size + name_size));
  }

  void read_name() {
    std::string path = part_.substr(0, part_.find('\0'));
    if (path == k_trailer) {
      ++archives_;
      expect(State::border, 0);
      return;
    }
    if (path.starts_with("./")) path.erase(0, 2);
    path.erase(0, path.find_first_not_of('/'));
    member_.path = std::move(path);
    expect(State::content, size_ + padding_after(size_));
  }

  const std::string& name_;
  const Visitor& visit_;
  State state_ = State::border;
  std::size_t missing_ = 0;
  std::string part_;
  InitramfsMember member_;
  std::size_t size_ = 0;
  bool is_kept_ = false;
  std::size_t archives_ = 0;
};

/// Compressions of the kernel (lib/decompress.c) that nothing here can read.
bool is_known_to_kernel_alone(std::string_view head) {
  using namespace std::string_view_literals;
  return head.starts_with("\x02\x21"sv) || head.starts_with("\x89\x4c"sv) ||
         head.starts_with("\x5d\x00"sv);
}

std::size_t read_block(int fd, std::array<char, k_block_size>& block, const std::string& name) {
  while (true) {
    const ssize_t count = ::read(fd, block.data(), block.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) base::throw_system_error("fs.cannot-read", "cannot read", name, errno);
  }
}

/// The rest of the file, which begins with something else than an archive.
void read_compressed(int fd, const std::string& name, base::ByteSize limit, CpioParser& parser) {
  std::array<char, 8> head{};
  const ssize_t count = ::pread(fd, head.data(), head.size(), ::lseek(fd, 0, SEEK_CUR));
  const std::string_view text(head.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  if (is_known_to_kernel_alone(text)) {
    throw base::Error(
        base::FailureKind::build, "archive.unsupported",
        fmt::format("{} is compressed in a way that cannot be read here", base::quoted(name)),
        "choose gzip, xz, bzip2 or zstd");
  }
  if (detect_compression(std::as_bytes(std::span(text))) == Compression::none)
    throw_damaged(name, "it holds something that is neither cpio nor compressed");
  decompress(fd, name, limit, [&](std::span<const std::byte> piece) {
    const std::string_view plain(reinterpret_cast<const char*>(piece.data()), piece.size());
    if (parser.take(plain) != plain.size())
      throw_damaged(name, "something that is no cpio archive was compressed");
  });
}

} // namespace

void read_initramfs(int fd, const std::string& name, base::ByteSize limit,
                    const std::function<void(const InitramfsMember&)>& visit) {
  CpioParser parser(name, visit);
  std::array<char, k_block_size> block{};
  while (const std::size_t count = read_block(fd, block, name)) {
    const std::size_t taken = parser.take({block.data(), count});
    if (taken == count) continue;
    if (::lseek(fd, -static_cast<off_t>(count - taken), SEEK_CUR) < 0)
      base::throw_system_error("fs.cannot-read", "cannot read", name, errno);
    read_compressed(fd, name, limit, parser);
    break;
  }
  if (!parser.is_at_border() || parser.archives() == 0)
    throw_damaged(name, "it is cut off before its end");
}

} // namespace imagewright::archive
