// SPDX-License-Identifier: MIT
#include "program_files.hpp"

#include <algorithm>
#include <string_view>

#include <link.h>

namespace imagewright::machine {

namespace {

int note_loaded(struct dl_phdr_info* loaded, std::size_t /*size*/, void* files) {
  // The program itself has no name, and the kernel's own object no path.
  if (loaded->dlpi_name != nullptr && *loaded->dlpi_name == '/')
    static_cast<std::vector<std::filesystem::path>*>(files)->emplace_back(loaded->dlpi_name);
  return 0;
}

/// The dynamic loader as the program names it: whoever starts it looks there.
int note_interpreter(struct dl_phdr_info* loaded, std::size_t /*size*/, void* files) {
  for (std::size_t index = 0; index < loaded->dlpi_phnum; ++index) {
    const auto& header = loaded->dlpi_phdr[index];
    if (header.p_type != PT_INTERP) continue;
    const auto address = loaded->dlpi_addr + header.p_vaddr;
    static_cast<std::vector<std::filesystem::path>*>(files)->emplace_back(
        reinterpret_cast<const char*>(address));
  }
  return 1; // only of the program itself, which comes first
}

} // namespace

std::filesystem::path own_program() {
  return std::filesystem::read_symlink("/proc/self/exe");
}

std::vector<std::filesystem::path> program_files() {
  std::vector<std::filesystem::path> files{own_program()};
  ::dl_iterate_phdr(&note_interpreter, &files);
  ::dl_iterate_phdr(&note_loaded, &files);
  // How its libraries were found, on hosts that keep them in places of their own.
  if (std::filesystem::exists("/etc/ld.so.cache")) files.emplace_back("/etc/ld.so.cache");
  std::ranges::sort(files);
  files.erase(std::unique(files.begin(), files.end()), files.end());
  return files;
}

} // namespace imagewright::machine
