// SPDX-License-Identifier: MIT
#include "image/foreign.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "image/corrupt.hpp"

namespace imagewright::image {

namespace {

enum class Remedy : std::uint8_t { convert, unpack, contents, other_file };

struct ForeignKind {
  std::uint64_t offset = 0;
  std::string_view bytes;
  std::string_view title;
  Remedy remedy = Remedy::other_file;
};

using namespace std::string_view_literals;

constexpr std::array k_kinds{
    ForeignKind{64, "\x7f\x10\xda\xbe"sv, "a VirtualBox disk (VDI)", Remedy::convert},
    ForeignKind{0, "QED\0"sv, "a QED image", Remedy::convert},
    ForeignKind{0, "KDMV"sv, "a VMDK", Remedy::convert},
    ForeignKind{0, "COWD"sv, "a VMDK", Remedy::convert},
    ForeignKind{0, "# Disk DescriptorFile"sv, "the descriptor of a VMDK", Remedy::convert},
    ForeignKind{0, "WithoutFreeSpace"sv, "a Parallels disk", Remedy::convert},
    ForeignKind{0, "WithouFreSpacExt"sv, "a Parallels disk", Remedy::convert},
    ForeignKind{0, "Bochs Virtual HD Image"sv, "a Bochs disk", Remedy::convert},
    ForeignKind{0, "PK\x03\x04"sv, "a ZIP archive", Remedy::unpack},
    ForeignKind{0, "7z\xbc\xaf\x27\x1c"sv, "a 7-Zip archive", Remedy::unpack},
    ForeignKind{0, "\x04\x22\x4d\x18"sv, "compressed with lz4", Remedy::unpack},
    ForeignKind{0, "MSWIM\0\0\0"sv, "a Windows image (WIM)", Remedy::unpack},
    ForeignKind{257, "ustar"sv, "a tar archive", Remedy::contents},
    ForeignKind{0, "\xed\xab\xee\xdb"sv, "an RPM package", Remedy::other_file},
    ForeignKind{0,
                "\x7f"
                "ELF"sv,
                "a program", Remedy::other_file},
};

std::string hint_of(Remedy remedy) {
  switch (remedy) {
  case Remedy::convert:
    return "convert it first: qemu-img convert -O qcow2 FILE FILE.qcow2";
  case Remedy::unpack:
    return "unpack the disk image that is in it";
  case Remedy::contents:
    return "give the disk image; imagewright inspect tells what is in an archive";
  case Remedy::other_file:
    break;
  }
  return "give the disk image";
}

/// Nothing but printable letters and white space of ASCII at its start.
bool is_text(const fs::ByteSource& file) {
  const std::string start = text_at(file, 0, std::min<std::uint64_t>(file.size(), 512));
  return !start.empty() && std::ranges::all_of(start, [](char letter) {
    return (letter >= ' ' && letter <= '~') || letter == '\n' || letter == '\r' || letter == '\t';
  });
}

[[noreturn]] void refuse(const std::string& name, std::string_view what, std::string hint) {
  throw base::Error(
      base::FailureKind::input, "image.unsupported",
      fmt::format("{} is no disk image that is known here: {}", base::quoted(name), what),
      std::move(hint));
}

} // namespace

void refuse_foreign(const fs::ByteSource& file, const std::string& name) {
  if (file.size() == 0) refuse(name, "it is empty", "give the disk image");
  for (const ForeignKind& kind : k_kinds) {
    if (text_at(file, kind.offset, kind.bytes.size()) == kind.bytes)
      refuse(name, fmt::format("it is {}", kind.title), hint_of(kind.remedy));
  }
  if (is_text(file))
    refuse(name, "it is a text", "give the disk image; of a config, imagewright build makes one");
  refuse(name, "it has neither a partition table nor a filesystem",
         "where it is a disk all the same, say \"--input-format raw\"");
}

} // namespace imagewright::image
