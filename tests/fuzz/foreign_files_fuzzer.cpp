// SPDX-License-Identifier: MIT
// Whatever a feed of advisories, a statement of exploitability, a list of packages, an archive, an
// initramfs, a program for EFI or Linux, a package database, or a configuration of containerd
// holds, reading it ends with a value or an error. The first byte of an input chooses the reader.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include <sys/mman.h>
#include <unistd.h>

#include <imagewright/advisory/suppression.hpp>
#include <imagewright/archive/initramfs_reader.hpp>
#include <imagewright/archive/tar_reader.hpp>
#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>

#include "advisory/feeds.hpp"
#include "container/toml_values.hpp"
#include "finalize/boot_loaders/pe_image.hpp"
#include "finalize/elf_needs.hpp"
#include "inspect/efi_sections.hpp"
#include "inspect/package_database.hpp"
#include "measure/boot_chain.hpp"
#include "measure/efi_program.hpp"

namespace {

using namespace imagewright;

constexpr base::ByteSize k_limit = base::ByteSize::mib(8);

void require(bool condition) {
  if (!condition) std::abort();
}

fs::UniqueFd file_of(std::string_view bytes) {
  fs::UniqueFd file(::memfd_create("input", MFD_CLOEXEC));
  require(static_cast<bool>(file));
  fs::write_exactly(file.get(), std::as_bytes(std::span(bytes)), 0, "input");
  return file;
}

void read_feed(std::string_view bytes, advisory::FeedForm form) {
  const fs::UniqueFd file = file_of(bytes);
  advisory::FeedSource source{.name = "feed", .form = form, .files = {}};
  source.files.push_back(
      {.name = "feed.json", .descriptor = file.get(), .offset = 0, .size = bytes.size()});
  advisory::read_source(source);
}

void read_archive(std::string_view bytes) {
  const base::Cancellation never;
  archive::read_tar_or_zip(
      file_of(bytes), "archive", k_limit,
      [](const archive::TarMember& member, const archive::MemberContent& content) {
        require(content(64).size() <= 64);
        require(member.permissions <= 07777U);
      },
      never);
}

void read_initramfs(std::string_view bytes) {
  archive::read_initramfs(file_of(bytes).get(), "initramfs", k_limit,
                          [](const archive::InitramfsMember& member) {
                            finalize::find_elf_needs(member.content);
                            require(!member.path.starts_with('/'));
                          });
}

/// What is added can be found, and what was signed is not signed any more.
void read_program(std::string_view bytes) {
  inspect::find_efi_section(bytes, ".cmdline");
  const std::string program(bytes);
  try {
    const measure::EfiProgram measured(program, "program");
    measured.authenticode_digests();
    measured.signatures();
    measure::EventLog log;
    measure::measure_sections(measured, measure::word_of(measured), "key", log);
  } catch (const base::Error&) {
    // The other readers may like it more, ignoring.
  }
  finalize::boot_loaders::section_of(program, ".linux", "program");
  const std::string changed =
      finalize::boot_loaders::with_sections(program, {{".added", "content"}}, "program");
  const auto found = finalize::boot_loaders::section_of(changed, ".added", "program");
  require(found.has_value());
  finalize::boot_loaders::with_changed_section(program, {".cmdline", "changed"}, "program");
}

constexpr std::array k_readers{
    +[](std::string_view bytes) { read_feed(bytes, advisory::FeedForm::file); },
    +[](std::string_view bytes) { read_feed(bytes, advisory::FeedForm::directory); },
    +[](std::string_view bytes) { advisory::read_openvex(bytes, "statement"); },
    +[](std::string_view bytes) { read_archive(bytes); },
    +[](std::string_view bytes) { read_initramfs(bytes); },
    +[](std::string_view bytes) { read_program(bytes); },
    +[](std::string_view bytes) { finalize::find_elf_needs(bytes); },
    +[](std::string_view bytes) {
      inspect::read_package_database(bytes);
      inspect::read_installed_database(bytes);
      inspect::read_source_packages(bytes);
    },
    +[](std::string_view bytes) { container::toml_texts(bytes); },
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    k_readers[static_cast<std::size_t>(data[0]) % k_readers.size()](bytes.substr(1));
  } catch (const base::InputError& error) {
    require(error.diagnostics().has_errors());
  } catch (const base::Error& error) {
    require(!error.diagnostic().code.empty() && !error.diagnostic().message.empty());
  }
  return 0;
}
