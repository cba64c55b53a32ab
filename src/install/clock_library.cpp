// SPDX-License-Identifier: MIT
#include "clock_library.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include <elf.h>

#include <imagewright/model/elf_machine.hpp>

namespace imagewright::install {

namespace {

/// The instructions of one function, with the places where the seconds stand in them.
struct Function {
  const char* name;
  std::vector<std::uint8_t> code;
  std::vector<std::size_t> seconds_at;
};

// System V ABI for x86-64: arguments in rdi and rsi, the result in rax.
std::vector<Function> x86_64_functions() {
  return {{.name = "time",
           .code = {0x48, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, // mov rax, seconds
                    0x48, 0x85, 0xFF,                   // test rdi, rdi
                    0x74, 0x03,                         // jz ret
                    0x48, 0x89, 0x07,                   // mov [rdi], rax
                    0xC3},
           .seconds_at = {2}},
          {.name = "gettimeofday",
           .code = {0x48, 0x85, 0xFF,                         // test rdi, rdi
                    0x74, 0x15,                               // jz done
                    0x48, 0xB8, 0,    0,    0, 0, 0, 0, 0, 0, // mov rax, seconds
                    0x48, 0x89, 0x07,                         // mov [rdi], rax
                    0x48, 0xC7, 0x47, 0x08, 0, 0, 0, 0,       // mov qword [rdi + 8], 0
                    0x31, 0xC0,                               // done: xor eax, eax
                    0xC3},
           .seconds_at = {7}},
          {.name = "clock_gettime",
           .code = {0x85, 0xFF,                               // test edi, edi (CLOCK_REALTIME)
                    0x74, 0x0D,                               // jz known
                    0x83, 0xFF, 0x05,                         // cmp edi, 5 (CLOCK_REALTIME_COARSE)
                    0x74, 0x08,                               // jz known
                    0xB8, 0xE4, 0,    0,    0,                // mov eax, 228 (clock_gettime)
                    0x0F, 0x05,                               // syscall
                    0xC3,                                     //
                    0x48, 0xB8, 0,    0,    0, 0, 0, 0, 0, 0, // known: mov rax, seconds
                    0x48, 0x89, 0x06,                         // mov [rsi], rax
                    0x48, 0xC7, 0x46, 0x08, 0, 0, 0, 0,       // mov qword [rsi + 8], 0
                    0x31, 0xC0,                               // xor eax, eax
                    0xC3},
           .seconds_at = {19}}};
}

/// Instructions of 32 bits each, the lowest byte first, and after them the seconds.
Function arm_function(const char* name, const std::vector<std::uint32_t>& instructions) {
  Function function{.name = name, .code = {}, .seconds_at = {instructions.size() * 4}};
  for (const std::uint32_t instruction : instructions) {
    for (int shift = 0; shift < 32; shift += 8)
      function.code.push_back(static_cast<std::uint8_t>(instruction >> shift));
  }
  function.code.resize(function.code.size() + sizeof(std::int64_t));
  return function;
}

// Procedure call standard for AArch64: arguments in x0 and x1, the result in x0.
std::vector<Function> aarch64_functions() {
  return {arm_function("time", {0x580000A9,                       // ldr x9, seconds
                                0xB4000040,                       // cbz x0, done
                                0xF9000009,                       // str x9, [x0]
                                0xAA0903E0,                       // done: mov x0, x9
                                0xD65F03C0}),                     // ret
          arm_function("gettimeofday", {0xB4000060,               // cbz x0, done
                                        0x580000A9,               // ldr x9, seconds
                                        0xA9007C09,               // stp x9, xzr, [x0]
                                        0x2A1F03E0,               // done: mov w0, wzr
                                        0xD65F03C0, 0xD503201F}), // ret; nop
          arm_function("clock_gettime", {0x340000C0,              // cbz w0, known (CLOCK_REALTIME)
                                         0x7100141F,    // cmp w0, 5 (CLOCK_REALTIME_COARSE)
                                         0x54000080,    // b.eq known
                                         0xD2800E28,    // mov x8, 113 (clock_gettime)
                                         0xD4000001,    // svc 0
                                         0xD65F03C0,    // ret
                                         0x58000089,    // known: ldr x9, seconds
                                         0xA9007C29,    // stp x9, xzr, [x1]
                                         0x2A1F03E0,    // mov w0, wzr
                                         0xD65F03C0})}; // ret
}

// The largest pages that a Linux of these architectures has.
constexpr std::size_t k_page = 0x10000;
constexpr std::size_t k_program_headers = 4;

/// Bytes of an ELF file, put together from the front.
class Image {
public:
  std::size_t size() const { return bytes_.size(); }
  void align(std::size_t to) { bytes_.resize((bytes_.size() + to - 1) / to * to); }

  template <typename Part>
  std::size_t add(const Part& part) {
    const std::size_t at = bytes_.size();
    bytes_.append(reinterpret_cast<const char*>(&part), sizeof part);
    return at;
  }
  std::size_t add_text(std::string_view text) {
    const std::size_t at = bytes_.size();
    bytes_.append(text).push_back('\0');
    return at;
  }
  template <typename Part>
  void put(std::size_t at, const Part& part) {
    std::memcpy(bytes_.data() + at, &part, sizeof part);
  }
  std::string take() { return std::move(bytes_); }

private:
  std::string bytes_;
};

Elf64_Ehdr header(Elf64_Half machine) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_DYN;
  header.e_machine = machine;
  header.e_version = EV_CURRENT;
  header.e_phoff = sizeof(Elf64_Ehdr);
  header.e_ehsize = sizeof(Elf64_Ehdr);
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = k_program_headers;
  return header;
}

Elf64_Phdr segment(Elf64_Word type, Elf64_Word flags, std::size_t at, std::size_t size,
                   std::size_t alignment) {
  return {.p_type = type,
          .p_flags = flags,
          .p_offset = at,
          .p_vaddr = at,
          .p_paddr = at,
          .p_filesz = size,
          .p_memsz = size,
          .p_align = alignment};
}

/// One bucket that leads through every symbol: there are three of them.
std::size_t add_hash_table(Image& image, std::size_t symbols) {
  const std::size_t at = image.add(Elf64_Word{1});
  image.add(static_cast<Elf64_Word>(symbols));
  image.add(Elf64_Word{1});
  for (std::size_t index = 0; index < symbols; ++index) {
    const bool has_next = index != 0 && index + 1 < symbols;
    image.add(static_cast<Elf64_Word>(has_next ? index + 1 : 0));
  }
  return at;
}

std::string linked(Elf64_Half machine, const std::vector<Function>& functions,
                   std::int64_t seconds) {
  Image image;
  image.add(header(machine));
  const std::size_t headers = image.add(std::array<Elf64_Phdr, k_program_headers>{});
  const std::size_t hash = add_hash_table(image, functions.size() + 1);
  image.align(8);
  const std::size_t symbols = image.add(Elf64_Sym{});
  for (std::size_t index = 0; index < functions.size(); ++index)
    image.add(Elf64_Sym{});
  const std::size_t names = image.add_text("");
  std::vector<Elf64_Sym> known;
  for (const Function& function : functions) {
    Elf64_Sym symbol{};
    symbol.st_name = static_cast<Elf64_Word>(image.add_text(function.name) - names);
    symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    symbol.st_shndx = 1; // Any but "undefined": there are no sections.
    symbol.st_size = function.code.size();
    known.push_back(symbol);
  }
  const std::size_t names_end = image.size();
  for (std::size_t index = 0; index < functions.size(); ++index) {
    image.align(16);
    known[index].st_value = image.size();
    for (const std::uint8_t byte : functions[index].code)
      image.add(byte);
    for (const std::size_t at : functions[index].seconds_at)
      image.put(known[index].st_value + at, seconds);
    image.put(symbols + (index + 1) * sizeof(Elf64_Sym), known[index]);
  }
  const std::size_t code_end = image.size();
  image.align(k_page);
  // The linker writes into this table, so it is in a segment of its own.
  const std::size_t dynamic = image.size();
  const auto entry = [&](Elf64_Sxword tag, std::size_t value) {
    Elf64_Dyn row{};
    row.d_tag = tag;
    row.d_un.d_val = value;
    image.add(row);
  };
  entry(DT_HASH, hash);
  entry(DT_STRTAB, names);
  entry(DT_SYMTAB, symbols);
  entry(DT_STRSZ, names_end - names);
  entry(DT_SYMENT, sizeof(Elf64_Sym));
  entry(DT_NULL, 0);
  const std::size_t dynamic_size = image.size() - dynamic;
  image.put(headers, std::array<Elf64_Phdr, k_program_headers>{
                         segment(PT_LOAD, PF_R | PF_X, 0, code_end, k_page),
                         segment(PT_LOAD, PF_R | PF_W, dynamic, dynamic_size, k_page),
                         segment(PT_DYNAMIC, PF_R | PF_W, dynamic, dynamic_size, 8),
                         segment(PT_GNU_STACK, PF_R | PF_W, 0, 0, 16)});
  return image.take();
}

} // namespace

std::string clock_library(const model::Architecture& architecture, base::Epoch epoch) {
  const std::int64_t seconds = epoch.time_since_epoch().count();
  const auto is_for = [&](Elf64_Half machine) {
    const model::Architecture* found = model::find_elf_machine(machine);
    return found != nullptr && found->name == architecture.name;
  };
  if (is_for(EM_X86_64)) return linked(EM_X86_64, x86_64_functions(), seconds);
  if (is_for(EM_AARCH64)) return linked(EM_AARCH64, aarch64_functions(), seconds);
  return {};
}

} // namespace imagewright::install
