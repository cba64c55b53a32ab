// SPDX-License-Identifier: MIT
#include "elf_file.hpp"

#include <bit>
#include <cstring>

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace imagewright::sandbox {

namespace {

static_assert(std::endian::native == std::endian::little, "numbers are read as they stand");

/// Nothing where the bytes end before.
template <typename Value>
std::optional<Value> value_at(std::string_view bytes, std::uint64_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(Value)) return std::nullopt;
  Value value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

/// A text that ends with a zero.
std::optional<std::string> text_at(std::string_view bytes, std::uint64_t offset) {
  if (offset >= bytes.size()) return std::nullopt;
  const std::string_view rest = bytes.substr(offset);
  const std::size_t end = rest.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(rest.substr(0, end));
}

class ElfReader {
public:
  explicit ElfReader(std::string_view bytes) : bytes_(bytes) {}

  std::optional<ElfFile> read() {
    const auto header = value_at<Elf64_Ehdr>(bytes_, 0);
    if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) return std::nullopt;
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
        header->e_phentsize != sizeof(Elf64_Phdr))
      return std::nullopt;
    file_.machine = header->e_machine;
    for (std::uint64_t index = 0; index < header->e_phnum; ++index) {
      const auto segment =
          value_at<Elf64_Phdr>(bytes_, header->e_phoff + index * sizeof(Elf64_Phdr));
      if (!segment) return std::nullopt;
      segments_.push_back(*segment);
    }
    for (const Elf64_Phdr& segment : segments_) {
      if (segment.p_type == PT_INTERP) {
        auto interpreter = text_at(bytes_, segment.p_offset);
        if (!interpreter) return std::nullopt;
        file_.interpreter = *std::move(interpreter);
      }
      if (segment.p_type == PT_DYNAMIC && !read_dynamic(segment)) return std::nullopt;
    }
    return std::move(file_);
  }

private:
  std::optional<std::uint64_t> offset_of(std::uint64_t address) const {
    for (const Elf64_Phdr& segment : segments_) {
      if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
          address - segment.p_vaddr < segment.p_filesz)
        return segment.p_offset + (address - segment.p_vaddr);
    }
    return std::nullopt;
  }

  bool read_dynamic(const Elf64_Phdr& segment) {
    file_.is_dynamic = true;
    std::vector<Elf64_Dyn> tags;
    for (std::uint64_t at = 0; at < segment.p_filesz; at += sizeof(Elf64_Dyn)) {
      const auto tag = value_at<Elf64_Dyn>(bytes_, segment.p_offset + at);
      if (!tag) return false;
      if (tag->d_tag == DT_NULL) break;
      tags.push_back(*tag);
    }
    for (const Elf64_Dyn& tag : tags) {
      if (tag.d_tag == DT_STRTAB) texts_ = offset_of(tag.d_un.d_ptr);
    }
    for (const Elf64_Dyn& tag : tags) {
      if (!take(tag)) return false;
    }
    return true;
  }

  bool take(const Elf64_Dyn& tag) {
    switch (tag.d_tag) {
    case DT_NEEDED:
      return take_text(tag, file_.needed.emplace_back());
    case DT_SONAME:
      return take_text(tag, file_.name);
    case DT_RUNPATH:
      return take_text(tag, file_.run_path);
    case DT_RPATH:
    case DT_AUXILIARY:
    case DT_FILTER:
    case DT_AUDIT:
    case DT_DEPAUDIT:
    case DT_CONFIG:
      file_.is_unusual = true;
      return true;
    case DT_FLAGS_1:
      if ((tag.d_un.d_val & DF_1_NODEFLIB) != 0) file_.is_unusual = true;
      return true;
    default:
      return true;
    }
  }

  bool take_text(const Elf64_Dyn& tag, std::string& text) const {
    auto found = texts_ && tag.d_un.d_val < bytes_.size()
                     ? text_at(bytes_, *texts_ + tag.d_un.d_val)
                     : std::nullopt;
    if (!found) return false;
    text = *std::move(found);
    return true;
  }

  std::string_view bytes_;
  std::vector<Elf64_Phdr> segments_;
  std::optional<std::uint64_t> texts_;
  ElfFile file_;
};

// glibc, sysdeps/generic/dl-cache.h: struct cache_file_new and struct file_entry_new.
constexpr std::string_view k_cache_magic = "glibc-ld.so.cache1.1";
constexpr std::uint64_t k_cache_header = 48;
constexpr std::uint64_t k_cache_entry = 24;

/// What ldconfig notes of a library of the C library of GNU for that machine; zero: not known here.
std::uint32_t flags_of(std::uint16_t machine) {
  if (machine == EM_AARCH64) return 0x0a03;
  return machine == EM_X86_64 ? 0x0303 : 0;
}

} // namespace

MappedFile::MappedFile(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0) return;
  if (::fstat(file, &status_) == 0 && S_ISREG(status_.st_mode)) {
    size_ = static_cast<std::size_t>(status_.st_size);
    void* const place =
        size_ == 0 ? nullptr : ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
    is_there_ = place != MAP_FAILED;
    if (is_there_)
      data_ = static_cast<const char*>(place);
    else
      size_ = 0;
  }
  ::close(file);
}

MappedFile::~MappedFile() {
  if (size_ != 0) ::munmap(const_cast<char*>(data_), size_);
}

std::optional<ElfFile> read_elf(std::string_view bytes) {
  return ElfReader(bytes).read();
}

std::optional<std::string> find_in_cache(std::string_view cache, const std::string& library,
                                         std::uint16_t machine) {
  const std::uint32_t flags = flags_of(machine);
  const auto count = value_at<std::uint32_t>(cache, k_cache_magic.size());
  if (flags == 0 || !cache.starts_with(k_cache_magic) || !count) return std::nullopt;
  std::optional<std::string> found;
  for (std::uint64_t index = 0; index < *count; ++index) {
    const std::uint64_t entry = k_cache_header + index * k_cache_entry;
    const auto kind = value_at<std::uint32_t>(cache, entry);
    const auto key = value_at<std::uint32_t>(cache, entry + 4);
    const auto value = value_at<std::uint32_t>(cache, entry + 8);
    const auto oldest_kernel = value_at<std::uint32_t>(cache, entry + 12);
    const auto features = value_at<std::uint64_t>(cache, entry + 16);
    if (!kind || !key || !value || !oldest_kernel || !features) return std::nullopt;
    if (*kind != flags || text_at(cache, *key) != library) continue;
    // By features of the processor, or twice: which one is taken is not for us to say.
    if (*features != 0 || *oldest_kernel != 0 || found) return std::nullopt;
    found = text_at(cache, *value);
    if (!found) return std::nullopt;
  }
  return found;
}

} // namespace imagewright::sandbox
