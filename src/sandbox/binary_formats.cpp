// SPDX-License-Identifier: MIT
#include "binary_formats.hpp"

#include <cerrno>
#include <string>
#include <string_view>

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <imagewright/sandbox/kernel_emulation.hpp>

#include "interpreter_image.hpp"
#include "mount_api.hpp"

namespace imagewright::sandbox {

namespace {

/// A file without a name that holds the interpreter: the kernel keeps it open.
fs::UniqueFd interpreter_file() {
  const fs::UniqueFd file(::memfd_create("imagewright-interpreter", MFD_CLOEXEC));
  const std::string_view image = interpreter_image();
  if (!file || ::fchmod(file.get(), 0755) != 0 ||
      ::write(file.get(), image.data(), image.size()) != static_cast<ssize_t>(image.size())) {
    throw_cannot_enter("cannot make", "the interpreter of foreign programs");
  }
  // Marked as a program of GNU, so that one architecture's rule for ordinary programs can leave it
  // out.
  constexpr char gnu = ELFOSABI_GNU;
  if (::pwrite(file.get(), &gnu, 1, EI_OSABI) != 1)
    throw_cannot_enter("cannot mark", "the interpreter of foreign programs");
  // What somebody has open for writing cannot be executed.
  fs::UniqueFd readable(
      ::open(fmt::format("/proc/self/fd/{}", file.get()).c_str(), O_RDONLY | O_CLOEXEC));
  if (!readable) throw_cannot_enter("cannot open", "the interpreter of foreign programs");
  return readable;
}

} // namespace

/// Linux 6.7 gives each user namespace its own table of binary formats. The flags: P, the
/// program's own name is handed on; C, credentials are the program's; F, the interpreter is opened
/// now, outside the root; O, it gets the program's descriptor.
void register_emulator(const fs::UniqueFd& formats, const Emulator& emulator) {
  const bool is_direct = emulator.directory.empty();
  const fs::UniqueFd interpreter = is_direct ? fs::UniqueFd() : interpreter_file();
  const std::string entry = fmt::format(
      ":imagewright:M::{}:{}:{}:{}", emulator.magic, emulator.mask,
      is_direct ? emulator.program.string() : fmt::format("/proc/self/fd/{}", interpreter.get()),
      is_direct ? "OCF" : "PCF");
  const fs::UniqueFd file(::openat(formats.get(), "register", O_WRONLY | O_CLOEXEC));
  if (!file ||
      ::write(file.get(), entry.data(), entry.size()) != static_cast<ssize_t>(entry.size())) {
    throw_cannot_enter("cannot register the emulator", emulator.program.string());
  }
}

Emulator register_for_kernel(Emulator emulator) {
  constexpr const char* k_place = "/proc/sys/fs/binfmt_misc";
  const fs::UniqueFd formats =
      make_mount("binfmt_misc", {}, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
  // The table lasts as long as it is mounted somewhere.
  attach(formats, k_place);
  register_emulator(formats, emulator);
  emulator.magic.clear();
  return emulator;
}

} // namespace imagewright::sandbox
