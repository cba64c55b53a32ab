// SPDX-License-Identifier: MIT
#include "interpreter_image.hpp"

// The assembler puts the program's bytes between two symbols.
__asm__(".section .rodata\n"
        ".balign 16\n"
        "imagewright_interpreter_begin:\n"
        ".incbin \"" IMAGEWRIGHT_INTERPRETER "\"\n"
        "imagewright_interpreter_end:\n"
        ".previous\n");

extern "C" {
extern const char imagewright_interpreter_begin[];
extern const char imagewright_interpreter_end[];
}

namespace imagewright::sandbox {

std::string_view interpreter_image() {
  return {imagewright_interpreter_begin,
          static_cast<std::size_t>(imagewright_interpreter_end - imagewright_interpreter_begin)};
}

} // namespace imagewright::sandbox
