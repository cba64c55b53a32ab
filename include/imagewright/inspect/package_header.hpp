// SPDX-License-Identifier: MIT
#pragma once

// What an RPM database says of each package, read without librpm and trusting nothing in it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/model/package.hpp>

namespace imagewright::inspect {

/// One file of a package, as its header has it.
struct PackagedFile {
  std::string path;   ///< as the package names it: links of the system in it are not followed
  std::uint32_t mode; ///< type and permissions, as stat(2) has them
  std::string digest; ///< of regular files: hexadecimal digits; SHA-256 when they are 64
  std::string target; ///< of symbolic links
  std::string user;
  std::string group;
  std::uint32_t flags; ///< RPMFILE_…

  bool is_ghost() const { return (flags & 0x40U) != 0; }
};

/// A header blob: typed values by number. Every accessor throws base::Error
/// (inspect.corrupt-database) where the bytes do not hold what they say.
class PackageHeader {
public:
  explicit PackageHeader(std::string bytes);

  model::Nevra nevra() const;
  /// "openssl-3.3.0-1.azl3.src.rpm"; empty when it is not known.
  std::string source_package() const;
  std::vector<PackagedFile> files() const;
  /// What the header's signatures are over: the header as it stood in the package file. Nothing
  /// when the header has no such region.
  std::optional<std::string> signed_bytes() const;
  /// The OpenPGP signatures over it.
  std::vector<std::string> signatures() const;

  /// Values by their number (rpmtag.h): empty where there is none of that type.
  std::string text(std::uint64_t tag) const;
  std::vector<std::string> texts(std::uint64_t tag) const;
  std::vector<std::uint64_t> numbers(std::uint64_t tag) const;

private:
  struct Entry {
    std::uint64_t type = 0;
    std::uint64_t offset = 0;
    std::uint64_t count = 0;
  };

  std::optional<Entry> find(std::uint64_t tag) const;
  std::string bytes(std::uint64_t tag) const;

  std::string bytes_;
  std::size_t entry_count_ = 0;
  std::size_t data_start_ = 0;
};

/// Every header of the database, public keys too; nothing when the bytes are not a database of this
/// kind. Throws base::Error (inspect.corrupt-database).
std::optional<std::vector<PackageHeader>> read_package_headers(std::string_view file);

/// Where the database may be, the usual place first.
const std::vector<std::string>& package_database_paths();

} // namespace imagewright::inspect
