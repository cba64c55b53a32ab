// SPDX-License-Identifier: MIT
#pragma once

// Packages: what was asked for, and what exactly is meant.

#include <compare>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/base/epoch.hpp>
#include <imagewright/base/source_location.hpp>

namespace imagewright::model {

/// Name, epoch, version, release, architecture of an RPM package. The default order is textual, not
/// by version.
struct Nevra {
  std::string name;
  std::uint32_t epoch = 0;
  std::string version;
  std::string release;
  std::string architecture;

  auto operator<=>(const Nevra&) const = default;

  /// What to_string() made, or rpm with its default format; nothing where a part is missing.
  static std::optional<Nevra> parse(std::string_view full_name);
  /// "name-[epoch:]version-release", as file names of source packages have it.
  static std::optional<Nevra> parse_without_architecture(std::string_view text);

  /// Keys that rpm was told to trust stand in its database as if they were packages.
  bool is_key() const { return name == "gpg-pubkey"; }

  /// "[epoch:]version-release", without an epoch of 0
  std::string evr() const;
  /// "name-[epoch:]version-release.architecture"
  std::string to_string() const;
};

/// One wish: something that must be in the image.
struct PackageRequest {
  /// A name, name-version, name-version-release, name.arch, a capability or a file path, as
  /// written.
  std::string spec;
  /// The line that asks for it: the user's config, a package list or the release profile.
  base::SourceLocation where;
  /// Why, for people: "os.packages.install", "role kernel of release workbench".
  std::string origin;

  auto operator<=>(const PackageRequest&) const = default;
};

/// Who made a package and of what, as its repository says. Texts are empty where it says nothing.
struct PackageProvenance {
  std::string source_package; ///< "openssl-3.3.0-1.azl3.src.rpm": what advisories are about
  std::string license;
  std::string vendor;

  auto operator<=>(const PackageProvenance&) const = default;
};

/// One package of a lock: enough to fetch it again and to know that it is the same.
struct LockedPackage {
  Nevra nevra;
  std::string repository; ///< name of the repository it comes from
  std::string location;   ///< path below the repository's base, or a URL: base::split_place()
  base::Digest checksum;
  base::ByteSize download_size;
  base::ByteSize installed_size;
  base::Epoch build_time{};
  PackageProvenance provenance{};

  auto operator<=>(const LockedPackage&) const = default;
};

/// A package file on this host whose checksum was verified against the lock.
struct PackageFile {
  LockedPackage package;
  std::filesystem::path path;

  bool operator==(const PackageFile&) const = default;
};

/// Every package of a lock, as verified local files, sorted by name.
struct PackageSet {
  std::vector<PackageFile> files;
};

} // namespace imagewright::model
