// SPDX-License-Identifier: MIT
#pragma once

// The manifest: what an image was made of and what it promises, as one JSON document beside it.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/audit/drift_rules.hpp>
#include <imagewright/audit/measured_boot.hpp>
#include <imagewright/base/byte_size.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/base/epoch.hpp>
#include <imagewright/model/artifact.hpp>
#include <imagewright/model/container_contents.hpp>
#include <imagewright/model/container_image.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/model/lock.hpp>
#include <imagewright/model/package.hpp>
#include <imagewright/model/policy.hpp>
#include <imagewright/model/release_profile.hpp>
#include <imagewright/model/repository.hpp>
#include <imagewright/model/root.hpp>

namespace imagewright::audit {

/// One output as the manifest remembers it.
struct ArtifactRecord {
  std::string file; ///< name without directory
  model::ImageFormat format = model::ImageFormat::raw;
  base::ByteSize virtual_size;
  base::ByteSize file_size;
  base::Digest digest;

  bool operator==(const ArtifactRecord&) const = default;
};

/// What scripts of the config have left beside the image.
struct ScriptFileRecord {
  std::string file; ///< name without directory
  base::ByteSize size;
  base::Digest digest;

  bool operator==(const ScriptFileRecord&) const = default;
};

/// A public key that packages of a repository are signed with.
struct PackageKey {
  std::string repository;
  std::string packets; ///< OpenPGP, binary: a primary key with its subkeys

  bool operator==(const PackageKey&) const = default;
};

/// A file that the config fetches by its address.
struct FetchedFile {
  std::string destination;
  std::string url; ///< without secrets
  base::Digest digest;
  /// An archive whose members are below the destination, without so many directories in front of
  /// them; absent: it is the file itself.
  std::optional<std::uint32_t> stripped_components = {};

  bool operator==(const FetchedFile&) const = default;
};

/// Everything that a manifest says. Nothing secret is in it: of files that a policy or config makes
/// only the digest.
struct Manifest {
  std::string name;
  std::string architecture;
  std::string release;                ///< name of the release profile
  std::vector<std::string> platforms; ///< that the image was made for; empty: none in particular
  std::string tool_version;
  model::BillFacts bill; ///< how the release's packages are named elsewhere
  base::Epoch epoch{};
  std::vector<model::LockedRepository> repositories;
  std::vector<model::LockedPackage> packages;
  std::vector<PackageKey> package_keys;
  /// What may change on a running node, and where nothing may be added. Manifests of earlier
  /// versions have the usual ones.
  DriftRules drift = usual_drift_rules();
  std::vector<model::LockedContainerImage> container_images;
  /// By the digest of the image's manifest. Manifests of earlier versions have none.
  std::map<base::Digest, model::ContainerContents> container_contents = {};
  std::vector<FetchedFile> fetched_files; ///< in the order in which they were written
  std::vector<ScriptFileRecord> script_files;
  std::vector<model::StoredPackage> stored_packages; ///< that lie in the image as files
  std::vector<model::InstalledKernel> kernels;
  std::string kernel_command_line;
  std::vector<model::UnitChange> units;
  std::vector<model::Check> checks;
  model::DiskLayout layout;
  std::vector<ArtifactRecord> artifacts;
  std::optional<MeasuredBoot> measured_boot; ///< absent: no disk, or an earlier version's manifest
  /// By path: "type mode owner:group size digest-or-target [attribute=value…]";
  /// the attribute "package" names the package that it comes from.
  std::map<std::string, std::string> files;
};

/// Deterministic JSON.
std::string to_text(const Manifest& manifest);

/// What every reader of manifests takes.
inline constexpr base::ByteSize k_largest_manifest = base::ByteSize::mib(512);

/// Reads what to_text() writes, but for origins of units. `file` is for messages. Throws
/// base::Error (audit.manifest-damaged, json.…).
Manifest parse_manifest(std::string_view text, const std::string& file);

} // namespace imagewright::audit
