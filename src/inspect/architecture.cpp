// SPDX-License-Identifier: MIT
#include <span>
#include <string_view>

#include <imagewright/base/byte_order.hpp>
#include <imagewright/inspect/opened_image.hpp>
#include <imagewright/model/elf_machine.hpp>

namespace imagewright::inspect {

namespace {

/// ELF specification, "ELF header": e_machine is at 18; ours are little endian.
const model::Architecture* architecture_of_program(std::string_view program) {
  if (program.size() < 20 || !program.starts_with("\x7f"
                                                  "ELF"))
    return nullptr;
  const auto number =
      base::little_endian::get<std::uint16_t>(std::as_bytes(std::span(program)), 18);
  return model::find_elf_machine(number);
}

} // namespace

const model::Architecture* find_architecture(const OpenedImage& image) {
  const SystemView view(image);
  for (const char* path : {"/usr/lib/systemd/systemd", "/sbin/init", "/bin/sh", "/usr/bin/env"}) {
    const auto program = view.read(path);
    if (!program) continue;
    if (const auto* found = architecture_of_program(*program)) return found;
  }
  return nullptr;
}

} // namespace imagewright::inspect
