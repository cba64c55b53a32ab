// SPDX-License-Identifier: MIT
#pragma once

// A program for EFI as firmware measures it: by its Authenticode digest, and by its sections.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/measure/measurement.hpp>

namespace imagewright::measure {

/// One section of a program.
struct EfiSection {
  std::string name;
  std::string_view stored; ///< its bytes in the file
  std::uint64_t size = 0;  ///< in memory

  /// As it lies in memory: cut off, or filled up with zeros.
  std::string in_memory() const;
};

/// `bytes` must outlive it.
class EfiProgram {
public:
  /// Throws base::Error (measure.damaged-program), which names `name`.
  EfiProgram(std::string_view bytes, const std::string& name);

  /// "Windows Authenticode Portable Executable Signature Format": everything but the checksum, the
  /// place of the signatures and the signatures themselves.
  Digests authenticode_digests() const;
  std::optional<EfiSection> find(std::string_view name) const;
  /// For processors of the kind that PE calls ARM64.
  bool is_arm64() const { return machine_ == 0xAA64; }
  /// The signatures in it: PKCS #7 in DER, perhaps with zeros behind it.
  std::vector<std::string_view> signatures() const;

private:
  std::string_view bytes_;
  std::uint64_t machine_ = 0;
  std::uint64_t checksum_ = 0;      ///< offset of the checksum
  std::uint64_t signature_row_ = 0; ///< offset of the directory's row for signatures
  std::uint64_t signature_start_ = 0;
  std::uint64_t signature_size_ = 0;
  std::uint64_t headers_size_ = 0;
  struct Stored {
    std::string name;
    std::uint64_t start = 0;
    std::uint64_t length = 0;
    std::uint64_t memory = 0;
  };
  std::vector<Stored> sections_;
};

} // namespace imagewright::measure
