// SPDX-License-Identifier: MIT
#include "elf_needs.hpp"

#include <cstring>
#include <type_traits>

#include <elf.h>

namespace imagewright::finalize {

namespace {

/// Longer dynamic tables and program headers belong to no program.
constexpr std::uint64_t k_most_entries = 4096;

class ElfFile {
public:
  explicit ElfFile(std::string_view content) : content_(content) {}

  std::optional<ElfNeeds> needs() const {
    const auto header = find<Elf64_Ehdr>(0);
    const bool is_readable = header && std::memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
                             header->e_ident[EI_CLASS] == ELFCLASS64 &&
                             header->e_ident[EI_DATA] == ELFDATA2LSB &&
                             header->e_phentsize == sizeof(Elf64_Phdr);
    if (!is_readable || header->e_phnum == 0) return std::nullopt;
    ElfNeeds needs;
    for (std::uint64_t index = 0; index < header->e_phnum; ++index) {
      const auto segment = find<Elf64_Phdr>(header->e_phoff, index);
      if (!segment) return std::nullopt;
      if (segment->p_type == PT_INTERP) needs.interpreter = text_at(segment->p_offset);
      if (segment->p_type == PT_DYNAMIC) needs.libraries = libraries_of(*header, *segment);
    }
    return needs;
  }

private:
  /// The structure of that number behind `offset`; nothing beyond the file.
  template <typename Structure>
  std::optional<Structure> find(std::uint64_t offset, std::uint64_t index = 0) const {
    static_assert(std::is_trivially_copyable_v<Structure>);
    if (offset > content_.size() || index > k_most_entries * 16) return std::nullopt;
    const std::uint64_t place = offset + index * sizeof(Structure);
    if (place > content_.size() || content_.size() - place < sizeof(Structure)) return std::nullopt;
    Structure structure;
    std::memcpy(&structure, content_.data() + place, sizeof structure);
    return structure;
  }

  std::string text_at(std::uint64_t offset) const {
    if (offset >= content_.size()) return {};
    const std::string_view rest = content_.substr(offset, k_most_entries);
    return std::string(rest.substr(0, rest.find('\0')));
  }

  /// Where the file holds what will stand at an address.
  std::optional<std::uint64_t> find_offset(const Elf64_Ehdr& header, std::uint64_t address) const {
    for (std::uint64_t index = 0; index < header.e_phnum; ++index) {
      const auto segment = find<Elf64_Phdr>(header.e_phoff, index);
      if (!segment || segment->p_type != PT_LOAD || address < segment->p_vaddr) continue;
      const std::uint64_t distance = address - segment->p_vaddr;
      if (distance < segment->p_filesz && segment->p_offset <= content_.size())
        return segment->p_offset + distance;
    }
    return std::nullopt;
  }

  std::vector<std::string> libraries_of(const Elf64_Ehdr& header, const Elf64_Phdr& table) const {
    std::vector<std::uint64_t> names;
    std::optional<std::uint64_t> strings;
    for (std::uint64_t index = 0; index < k_most_entries; ++index) {
      const auto entry = find<Elf64_Dyn>(table.p_offset, index);
      if (!entry || entry->d_tag == DT_NULL) break;
      if (entry->d_tag == DT_NEEDED) names.push_back(entry->d_un.d_val);
      if (entry->d_tag == DT_STRTAB) strings = find_offset(header, entry->d_un.d_ptr);
    }
    std::vector<std::string> libraries;
    if (!strings) return libraries;
    for (const std::uint64_t name : names) {
      if (name < content_.size()) libraries.push_back(text_at(*strings + name));
    }
    return libraries;
  }

  std::string_view content_;
};

} // namespace

std::optional<ElfNeeds> find_elf_needs(std::string_view content) {
  return ElfFile(content).needs();
}

} // namespace imagewright::finalize
