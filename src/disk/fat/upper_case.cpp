// SPDX-License-Identifier: MIT
#include "disk/fat/upper_case.hpp"

#include <algorithm>
#include <array>

namespace imagewright::disk {

namespace {

/// Small letters from `first` to `last`, each `step` code points after the one before it; their
/// capitals stand `distance` further down.
struct SmallLetters {
  char16_t first;
  char16_t last;
  int step;
  int distance;
};

// Unicode's UnicodeData.txt, simple upper case mappings.
constexpr std::array k_small_letters = {
    SmallLetters{u'a', u'z', 1, 32},     SmallLetters{0x00E0, 0x00F6, 1, 32},
    SmallLetters{0x00F8, 0x00FE, 1, 32}, SmallLetters{0x00FF, 0x00FF, 1, -121},
    SmallLetters{0x0101, 0x012F, 2, 1},  SmallLetters{0x0133, 0x0137, 2, 1},
    SmallLetters{0x013A, 0x0148, 2, 1},  SmallLetters{0x014B, 0x0177, 2, 1},
    SmallLetters{0x017A, 0x017E, 2, 1},  SmallLetters{0x01CE, 0x01DC, 2, 1},
    SmallLetters{0x01DF, 0x01EF, 2, 1},  SmallLetters{0x01F9, 0x021F, 2, 1},
    SmallLetters{0x0223, 0x0233, 2, 1},  SmallLetters{0x03AC, 0x03AC, 1, 38},
    SmallLetters{0x03AD, 0x03AF, 1, 37}, SmallLetters{0x03B1, 0x03C1, 1, 32},
    SmallLetters{0x03C2, 0x03C2, 1, 31}, SmallLetters{0x03C3, 0x03CB, 1, 32},
    SmallLetters{0x03CC, 0x03CC, 1, 64}, SmallLetters{0x03CD, 0x03CE, 1, 63},
    SmallLetters{0x0430, 0x044F, 1, 32}, SmallLetters{0x0450, 0x045F, 1, 80},
    SmallLetters{0x0461, 0x0481, 2, 1},  SmallLetters{0x048B, 0x04BF, 2, 1},
    SmallLetters{0x04C2, 0x04CE, 2, 1},  SmallLetters{0x04D1, 0x052F, 2, 1},
    SmallLetters{0x0561, 0x0586, 1, 48}, SmallLetters{0x1E01, 0x1E95, 2, 1},
    SmallLetters{0x1EA1, 0x1EFF, 2, 1},  SmallLetters{0x24D0, 0x24E9, 1, 26},
    SmallLetters{0xFF41, 0xFF5A, 1, 32},
};

char16_t upper(char16_t unit) {
  for (const SmallLetters& each : k_small_letters) {
    if (unit < each.first || unit > each.last || (unit - each.first) % each.step != 0) continue;
    return static_cast<char16_t>(unit - each.distance);
  }
  return unit;
}

} // namespace

std::u16string upper_case(std::u16string_view name) {
  std::u16string result(name);
  std::transform(result.begin(), result.end(), result.begin(), upper);
  return result;
}

} // namespace imagewright::disk
