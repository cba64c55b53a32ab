// SPDX-License-Identifier: MIT
#pragma once

// What the dynamic loader looks at in a program or library. Needs no library.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>

namespace imagewright::sandbox {

/// A whole file in memory, for reading.
class MappedFile {
public:
  explicit MappedFile(const std::string& path);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  /// A regular file that could be opened.
  bool is_there() const { return is_there_; }
  std::string_view bytes() const { return {data_, size_}; }
  const struct stat& status() const { return status_; }

private:
  const char* data_ = nullptr;
  std::size_t size_ = 0;
  bool is_there_ = false;
  struct stat status_ {};
};

/// elf(5): 64 bits, least significant byte first.
struct ElfFile {
  std::uint16_t machine = 0;
  bool is_dynamic = false;
  std::string interpreter; ///< empty: none
  std::string name;        ///< DT_SONAME
  std::vector<std::string> needed;
  std::string run_path; ///< DT_RUNPATH
  /// Something that changes where libraries are looked for, or which (DT_RPATH, filters, auditors).
  bool is_unusual = false;
};

/// Nothing for what is no such file, or damaged.
std::optional<ElfFile> read_elf(std::string_view bytes);

/// The path that the cache of ldconfig (/etc/ld.so.cache) has for a library of that machine.
/// Nothing when it has none, or several by features of processors.
std::optional<std::string> find_in_cache(std::string_view cache, const std::string& library,
                                         std::uint16_t machine);

} // namespace imagewright::sandbox
