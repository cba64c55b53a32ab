// SPDX-License-Identifier: MIT
#include <cstring>
#include <set>
#include <span>
#include <string_view>

#include <link.h>

#include <imagewright/base/digest.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/sandbox/program_build.hpp>

namespace imagewright::sandbox {

namespace {

constexpr std::size_t aligned(std::size_t size) {
  return (size + 3) & ~std::size_t{3};
}

/// The build id (NT_GNU_BUILD_ID) among the notes of a segment that is loaded, or nothing. elf(5):
/// a note is three words (size of the name, size of the description, type), name, description.
std::string build_id_in(std::span<const std::byte> notes) {
  while (notes.size() >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) header;
    std::memcpy(&header, notes.data(), sizeof header);
    const std::size_t name_size = aligned(header.n_namesz);
    const std::size_t size = sizeof header + name_size + aligned(header.n_descsz);
    if (size > notes.size()) return {};
    const auto name = notes.subspan(sizeof header, header.n_namesz);
    if (header.n_type == NT_GNU_BUILD_ID && header.n_namesz == sizeof ELF_NOTE_GNU &&
        std::memcmp(name.data(), ELF_NOTE_GNU, sizeof ELF_NOTE_GNU) == 0)
      return base::to_hex(notes.subspan(sizeof header + name_size, header.n_descsz));
    notes = notes.subspan(size);
  }
  return {};
}

std::string build_id_of(const dl_phdr_info& object) {
  for (const ElfW(Phdr) & segment : std::span(object.dlpi_phdr, object.dlpi_phnum)) {
    if (segment.p_type != PT_NOTE) continue;
    const auto* notes = reinterpret_cast<const std::byte*>(object.dlpi_addr + segment.p_vaddr);
    if (std::string id = build_id_in({notes, segment.p_memsz}); !id.empty()) return id;
  }
  return {};
}

int add_object(dl_phdr_info* object, std::size_t /*size*/, void* data) {
  auto& objects = *static_cast<std::set<std::string>*>(data);
  const std::string_view name = object->dlpi_name != nullptr ? object->dlpi_name : "";
  // What the kernel lends every program does no work of ours.
  if (name.starts_with("linux-vdso")) return 0;
  const std::string id = build_id_of(*object);
  objects.insert(!id.empty() ? id : "file " + std::string(name.empty() ? "/proc/self/exe" : name));
  return 0;
}

} // namespace

std::string program_build() {
  std::set<std::string> objects;
  ::dl_iterate_phdr(&add_object, &objects);
  base::Hasher hasher;
  for (const std::string& object : objects) {
    constexpr std::string_view k_file = "file ";
    // Where the linker left no id the file itself tells.
    hasher.update(object.starts_with(k_file) ? fs::digest_of_file(object.substr(k_file.size())).hex
                                             : object);
    hasher.update("\n");
  }
  return hasher.finish().hex;
}

} // namespace imagewright::sandbox
