// SPDX-License-Identifier: MIT
#include "boot_chain.hpp"

#include <charconv>
#include <utility>

#include <imagewright/base/byte_order.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/zeros.hpp>

namespace imagewright::measure {

namespace {

constexpr std::uint64_t k_header_size = 92; ///< of a GPT header, UEFI 2.10, 5.3.2
constexpr std::uint32_t k_largest_header = 4096;
constexpr std::uint32_t k_entry_size = 128;
constexpr std::uint32_t k_most_entries = 1024;

base::Bytes read(const fs::ByteSource& disk, std::uint64_t offset, std::uint64_t size) {
  base::Bytes bytes(size);
  disk.read(offset, bytes);
  return bytes;
}

bool is_unused(std::span<const std::byte> entry) {
  return base::is_all_zero(entry.first(16));
}

} // namespace

LoaderWord word_of(const EfiProgram& program) {
  constexpr std::string_view k_mark = "LoaderInfo: ";
  const auto section = program.find(".sdmagic");
  if (!section) return {};
  const std::size_t at = section->stored.find(k_mark);
  if (at == std::string_view::npos) return {};
  const auto words = base::split_whitespace(section->stored.substr(at + k_mark.size()));
  if (words.size() < 2) return {};
  LoaderWord word{.name = words[0], .version = words[1]};
  std::from_chars(words[1].data(), words[1].data() + words[1].size(), word.release);
  return word;
}

std::optional<std::string> as_load_options(std::string_view text) {
  std::string options;
  for (const char letter : text) {
    if (static_cast<unsigned char>(letter) > 0x7f) return std::nullopt;
    options += letter;
    options += '\0';
  }
  options.append(2, '\0');
  return options;
}

void Machine::start(const EfiProgram& program, const std::string& name) {
  if (secure_boot) secure_boot->start(program, name, log);
  log.add({.pcr = 4,
           .type = "EV_EFI_BOOT_SERVICES_APPLICATION",
           .what = name,
           .digests = program.authenticode_digests()});
}

// TCG PC Client Platform Firmware Profile, UEFI_GPT_DATA: the header, the number of partitions in
// use, their entries.
void measure_partition_table(const fs::ByteSource& disk, std::uint32_t sector_size, EventLog& log) {
  const base::Bytes header = read(disk, sector_size, k_header_size);
  const auto entry_size = base::little_endian::get<std::uint32_t>(header, 84);
  const auto entry_count = base::little_endian::get<std::uint32_t>(header, 80);
  const auto table = base::little_endian::get<std::uint64_t>(header, 72);
  const bool is_usual = base::as_text(header).starts_with("EFI PART") &&
                        base::little_endian::get<std::uint32_t>(header, 12) <= k_largest_header &&
                        entry_size == k_entry_size && entry_count <= k_most_entries &&
                        table < disk.size() / sector_size;
  if (!is_usual) {
    log.give_up(5, "the header of the partition table is damaged or unusual");
    return;
  }
  const base::Bytes entries =
      read(disk, table * sector_size, std::uint64_t{entry_count} * entry_size);
  std::string used;
  std::uint64_t count = 0;
  for (std::size_t at = 0; at < entries.size(); at += entry_size) {
    const auto entry = std::span(entries).subspan(at, entry_size);
    if (is_unused(entry)) continue;
    ++count;
    used += base::as_text(entry);
  }
  base::Bytes number(sizeof count);
  base::little_endian::put(number, 0, count);
  log.add(5, "EV_EFI_GPT_EVENT", "partition table",
          std::string(base::as_text(header)) + std::string(base::as_text(number)) + used);
}

// drivers/firmware/efi/libstub of Linux 5.18 and later: what it measures it names in its events.
void measure_kernel_stub(std::string_view kernel, const std::optional<std::string>& options,
                         std::string_view initramfs, EventLog& log) {
  if (kernel.find("LOADED_IMAGE::LoadOptions") != std::string_view::npos) {
    if (options) {
      log.add(9, "EV_EVENT_TAG", "load options of the kernel", *options);
    } else {
      log.give_up(9, "the kernel's command line has letters that are not ASCII");
    }
  }
  if (kernel.find("Linux initrd") != std::string_view::npos)
    log.add(9, "EV_EVENT_TAG", "initial RAM disk", initramfs);
}

} // namespace imagewright::measure
