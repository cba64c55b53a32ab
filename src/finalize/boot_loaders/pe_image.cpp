// SPDX-License-Identifier: MIT
#include "pe_image.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

#include <imagewright/base/byte_order.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

// Microsoft PE and COFF specification: "MS-DOS Stub", "COFF File Header", "Optional Header",
// "Section Table". UEFI 2.10, section 2.1.1, names the same format.

namespace imagewright::finalize::boot_loaders {
namespace {

constexpr std::size_t k_header_pointer = 0x3c;
constexpr std::size_t k_signature_size = 4;
constexpr std::size_t k_file_header_size = 20;
constexpr std::size_t k_section_header_size = 40;
constexpr std::size_t k_section_name_size = 8;

// Offsets in the COFF file header.
constexpr std::size_t k_section_count = 2;
constexpr std::size_t k_optional_header_size = 16;

// Offsets in the optional header of a 64-bit program.
constexpr std::uint16_t k_magic_64_bit = 0x20b;
constexpr std::size_t k_initialized_data_size = 8;
constexpr std::size_t k_section_alignment = 32;
constexpr std::size_t k_file_alignment = 36;
constexpr std::size_t k_image_size = 56;
constexpr std::size_t k_headers_size = 60;
constexpr std::size_t k_checksum = 64;
constexpr std::size_t k_directory_count = 108;
constexpr std::size_t k_certificate_directory = 112 + 4 * 8;
constexpr std::size_t k_least_optional_header = k_certificate_directory + 8;

// Offsets in a section header.
constexpr std::size_t k_virtual_size = 8;
constexpr std::size_t k_virtual_address = 12;
constexpr std::size_t k_raw_size = 16;
constexpr std::size_t k_raw_pointer = 20;
constexpr std::size_t k_characteristics = 36;

/// IMAGE_SCN_CNT_INITIALIZED_DATA and IMAGE_SCN_MEM_READ.
constexpr std::uint32_t k_read_only_data = 0x40000040;

/// What the stub hands to the kernel begins on a page, whatever smaller alignment it has itself.
constexpr std::uint64_t k_page_size = 4096;

[[noreturn]] void refuse(const std::string& path, const std::string& reason) {
  throw base::Error(
      base::FailureKind::build, "finalize.unfit-stub",
      "the sections of " + base::quoted(path) + " cannot be read or added to: " + reason,
      "a stub comes with the boot loader's package for this architecture, and is named "
      "by the release profile; a unified kernel image of your own must be made with "
      "more room in its headers");
}

/// What systemd-measure signs are the values that register 11 would have without the change.
[[noreturn]] void refuse_signed(const std::string& path) {
  throw base::Error(base::FailureKind::input, "finalize.signed-policy",
                    base::quoted(path) + " carries a policy for the TPM that is signed over its "
                                         "command line: a changed one would open nothing",
                    "customize the image as it was before \"sign-policy\", and sign the result; or "
                    "set os.uki.mode: create, which makes kernels without a policy");
}

std::uint64_t rounded_up(std::uint64_t value, std::uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

class PeProgram {
public:
  PeProgram(std::string bytes, const std::string& path) : bytes_(std::move(bytes)), path_(path) {
    if (bytes_.size() < k_header_pointer + 4 || !bytes_.starts_with("MZ")) refuse(path_, k_no_pe);
    const std::size_t signature = get<std::uint32_t>(k_header_pointer);
    file_header_ = signature + k_signature_size;
    optional_header_ = file_header_ + k_file_header_size;
    require_inside(optional_header_, k_least_optional_header);
    using namespace std::string_view_literals;
    if (bytes_.compare(signature, k_signature_size, "PE\0\0"sv) != 0) refuse(path_, k_no_pe);
    if (get<std::uint16_t>(optional_header_) != k_magic_64_bit)
      refuse(path_, "it is not a 64-bit program");
    if (optional<std::uint32_t>(k_directory_count) < 5 ||
        get<std::uint16_t>(file_header_ + k_optional_header_size) < k_least_optional_header)
      refuse(path_, "its optional header is too short");
    section_table_ = optional_header_ + get<std::uint16_t>(file_header_ + k_optional_header_size);
    require_inside(section_table_, section_count() * k_section_header_size);
    check_alignments();
  }

  void add(const std::vector<PeSection>& sections) {
    require_room(sections.size());
    remove_signature();
    for (const auto& section : sections)
      add(section);
    // UEFI does not look at it; whoever signs the image computes it anew.
    put(optional_header_ + k_checksum, std::uint32_t{0});
  }

  std::string take() { return std::move(bytes_); }

  std::optional<std::string> find(std::string_view name) const {
    for (std::size_t index = 0; index < section_count(); ++index) {
      if (name_of(index) == name) return content_of(index);
    }
    return std::nullopt;
  }

  /// Takes away what stands behind the stub's own sections, and gives it.
  std::vector<std::pair<std::string, std::string>> take_payload() {
    std::size_t first = 0;
    while (first < section_count() && !is_payload(name_of(first)))
      ++first;
    std::vector<std::pair<std::string, std::string>> payload;
    for (std::size_t index = first; index < section_count(); ++index) {
      if (!is_payload(name_of(index))) refuse(path_, "its sections are not in the usual order");
      payload.emplace_back(name_of(index), content_of(index));
    }
    remove_signature();
    const auto data_size = optional<std::uint32_t>(k_initialized_data_size);
    std::uint32_t taken = 0;
    for (std::size_t index = first; index < section_count(); ++index)
      taken += get<std::uint32_t>(section_header(index) + k_raw_size);
    bytes_.replace(section_header(first), payload.size() * k_section_header_size,
                   payload.size() * k_section_header_size, '\0');
    put(file_header_ + k_section_count, static_cast<std::uint16_t>(first));
    if (end_of_sections() > bytes_.size()) refuse(path_, "it is cut off");
    bytes_.resize(end_of_sections());
    put(optional_header_ + k_initialized_data_size, data_size - std::min(taken, data_size));
    put(optional_header_ + k_image_size, std::uint32_t{0});
    put(optional_header_ + k_image_size, static_cast<std::uint32_t>(end_in_memory()));
    return payload;
  }

private:
  static constexpr auto k_no_pe = "it is no EFI program";

  template <typename Integer>
  Integer get(std::size_t offset) const {
    require_inside(offset, sizeof(Integer));
    return base::little_endian::get<Integer>(std::as_bytes(std::span(bytes_)), offset);
  }

  template <typename Integer>
  void put(std::size_t offset, Integer value) {
    base::little_endian::put(std::as_writable_bytes(std::span(bytes_)), offset, value);
  }

  void require_inside(std::size_t offset, std::size_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset) refuse(path_, "it is cut off");
  }

  template <typename Integer>
  Integer optional(std::size_t offset) const {
    return get<Integer>(optional_header_ + offset);
  }

  std::size_t section_count() const { return get<std::uint16_t>(file_header_ + k_section_count); }
  std::size_t section_header(std::size_t index) const {
    return section_table_ + index * k_section_header_size;
  }

  std::string name_of(std::size_t index) const {
    require_inside(section_header(index), k_section_header_size);
    const std::string name = bytes_.substr(section_header(index), k_section_name_size);
    return name.substr(0, name.find('\0'));
  }

  std::string content_of(std::size_t index) const {
    const auto header = section_header(index);
    const std::size_t pointer = get<std::uint32_t>(header + k_raw_pointer);
    const std::size_t size = std::min(get<std::uint32_t>(header + k_virtual_size),
                                      get<std::uint32_t>(header + k_raw_size));
    require_inside(pointer, size);
    return bytes_.substr(pointer, size);
  }

  /// What ukify(1) and others add to a stub, but for what is signed over the rest.
  static bool is_payload(std::string_view name) {
    constexpr std::array<std::string_view, 9> k_names{
        ".osrel", ".cmdline", ".uname", ".initrd", ".ucode", ".splash", ".dtb", ".hwids", ".linux"};
    return std::ranges::find(k_names, name) != k_names.end();
  }

  void check_alignments() const {
    for (const auto offset : {k_section_alignment, k_file_alignment}) {
      const auto alignment = optional<std::uint32_t>(offset);
      const bool is_power_of_two = alignment != 0 && (alignment & (alignment - 1)) == 0;
      if (!is_power_of_two) refuse(path_, "its sections have no sound alignment");
    }
  }

  /// The table grows into the bytes between it and the first section.
  void require_room(std::size_t count) const {
    std::uint64_t limit = optional<std::uint32_t>(k_headers_size);
    for (std::size_t index = 0; index < section_count(); ++index) {
      const auto header = section_header(index);
      if (get<std::uint32_t>(header + k_raw_size) == 0) continue;
      limit = std::min<std::uint64_t>(limit, get<std::uint32_t>(header + k_raw_pointer));
    }
    if (section_header(section_count() + count) > limit)
      refuse(path_, "its headers have no room for more sections");
  }

  void remove_signature() {
    const auto directory = optional_header_ + k_certificate_directory;
    const std::size_t offset = get<std::uint32_t>(directory);
    if (offset == 0) return;
    // It stands behind everything that is loaded; unlike other directories this is a file offset.
    require_inside(offset, 0);
    const std::size_t headers = section_header(section_count());
    if (offset < std::max(headers, end_of_sections()))
      refuse(path_, "its signature is between its sections");
    bytes_.resize(offset);
    put(directory, std::uint64_t{0});
  }

  std::size_t end_of_sections() const {
    std::uint64_t end = 0;
    for (std::size_t index = 0; index < section_count(); ++index) {
      const auto header = section_header(index);
      end = std::max(end, std::uint64_t{get<std::uint32_t>(header + k_raw_pointer)} +
                              get<std::uint32_t>(header + k_raw_size));
    }
    return end;
  }

  std::uint64_t end_in_memory() const {
    std::uint64_t end = optional<std::uint32_t>(k_image_size);
    for (std::size_t index = 0; index < section_count(); ++index) {
      const auto header = section_header(index);
      const std::uint64_t size = std::max(get<std::uint32_t>(header + k_virtual_size),
                                          get<std::uint32_t>(header + k_raw_size));
      end = std::max(end, get<std::uint32_t>(header + k_virtual_address) + size);
    }
    return end;
  }

  void add(const PeSection& section) {
    const std::uint64_t file_alignment = optional<std::uint32_t>(k_file_alignment);
    const std::uint64_t alignment =
        std::max<std::uint64_t>(optional<std::uint32_t>(k_section_alignment), k_page_size);
    const auto address = rounded_up(end_in_memory(), alignment);
    const auto raw_pointer = rounded_up(bytes_.size(), file_alignment);
    const auto raw_size = rounded_up(section.content.size(), file_alignment);
    if (address + raw_size > std::numeric_limits<std::uint32_t>::max() ||
        raw_pointer + raw_size > std::numeric_limits<std::uint32_t>::max())
      refuse(path_, "it would become larger than 4 GiB");
    bytes_.resize(raw_pointer, '\0');
    bytes_ += section.content;
    bytes_.resize(raw_pointer + raw_size, '\0');
    write_header(section, address, raw_pointer, raw_size);
    put(optional_header_ + k_image_size,
        static_cast<std::uint32_t>(rounded_up(address + raw_size, alignment)));
    put(optional_header_ + k_initialized_data_size,
        static_cast<std::uint32_t>(optional<std::uint32_t>(k_initialized_data_size) + raw_size));
  }

  void write_header(const PeSection& section, std::uint64_t address, std::uint64_t raw_pointer,
                    std::uint64_t raw_size) {
    IMAGEWRIGHT_ASSERT(section.name.size() <= k_section_name_size);
    const auto header = section_header(section_count());
    std::string name(section.name);
    name.resize(k_section_header_size, '\0');
    bytes_.replace(header, k_section_header_size, name);
    put(header + k_virtual_size, static_cast<std::uint32_t>(section.content.size()));
    put(header + k_virtual_address, static_cast<std::uint32_t>(address));
    put(header + k_raw_size, static_cast<std::uint32_t>(raw_size));
    put(header + k_raw_pointer, static_cast<std::uint32_t>(raw_pointer));
    put(header + k_characteristics, k_read_only_data);
    put(file_header_ + k_section_count, static_cast<std::uint16_t>(section_count() + 1));
  }

  std::string bytes_;
  const std::string& path_;
  std::size_t file_header_ = 0;
  std::size_t optional_header_ = 0;
  std::size_t section_table_ = 0;
};

} // namespace

std::optional<std::string> section_of(const std::string& program, std::string_view name,
                                      const std::string& path) {
  return PeProgram(program, path).find(name);
}

std::string with_changed_section(std::string program, const PeSection& changed,
                                 const std::string& path) {
  PeProgram image(std::move(program), path);
  for (const char* name : {".pcrsig", ".pcrpkey"}) {
    if (image.find(name)) refuse_signed(path);
  }
  auto payload = image.take_payload();
  bool is_changed = false;
  std::vector<PeSection> sections;
  for (auto& [name, content] : payload) {
    const bool is_wanted = name == changed.name;
    is_changed = is_changed || is_wanted;
    sections.push_back({name, is_wanted ? changed.content : std::move(content)});
  }
  if (!is_changed) refuse(path, "it has no section " + base::quoted(changed.name));
  image.add(sections);
  return image.take();
}

std::string with_sections(std::string program, const std::vector<PeSection>& sections,
                          const std::string& path) {
  PeProgram image(std::move(program), path);
  image.add(sections);
  return image.take();
}

} // namespace imagewright::finalize::boot_loaders
