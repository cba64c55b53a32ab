// SPDX-License-Identifier: MIT
#include "signature_check.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>

#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmpgp.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::install {

namespace {

[[noreturn]] void refuse(const model::PackageFile& file, const char* code, const std::string& what,
                         const std::vector<LogMessage>& messages, std::string hint) {
  base::Diagnostic diagnostic;
  diagnostic.code = code;
  diagnostic.message =
      fmt::format("the package {} of the repository {} {}", file.package.nevra.to_string(),
                  base::quoted(file.package.repository), what);
  for (const LogMessage& message : messages) {
    diagnostic.context.push_back("while checking: " + base::escape_controls(message.text));
  }
  diagnostic.hint = std::move(hint);
  throw base::Error(base::FailureKind::verification, std::move(diagnostic));
}

[[noreturn]] void refuse_key(const std::string& repository) {
  throw base::Error(
      base::FailureKind::verification, "install.bad-key",
      fmt::format("a public key of the repository {} cannot be read", base::quoted(repository)),
      "give OpenPGP public keys");
}

using Packets = std::unique_ptr<uint8_t, decltype(&std::free)>;

/// librpm knows the first key of what it is given and nothing of the others: each key comes alone.
void add_key(rpmKeyring keyring, const std::string& content, const std::string& repository) {
  const bool is_armored = content.starts_with("-----BEGIN");
  uint8_t* raw = nullptr;
  size_t size = content.size();
  if (is_armored && pgpParsePkts(content.c_str(), &raw, &size) != PGPARMOR_PUBKEY) {
    std::free(raw);
    refuse_key(repository);
  }
  const Packets owner(raw, &std::free);
  const auto* packets = is_armored ? raw : reinterpret_cast<const uint8_t*>(content.data());
  const PublicKey key(rpmPubkeyNew(packets, size));
  if (!key || rpmKeyringAddKey(keyring, key.get()) < 0) refuse_key(repository);
  int count = 0;
  rpmPubkey* subkeys = rpmGetSubkeys(key.get(), &count);
  for (int index = 0; index < count; ++index) {
    const PublicKey subkey(subkeys[index]);
    rpmKeyringAddKey(keyring, subkey.get());
  }
  std::free(subkeys);
}

Keyring keyring_of(const std::string& repository, const RepositoryTrust& trust) {
  Keyring keyring(rpmKeyringNew());
  for (const std::string& armored : trust.public_keys)
    add_key(keyring.get(), armored, repository);
  return keyring;
}

bool speaks_of(const std::vector<LogMessage>& messages, std::string_view words) {
  return std::ranges::any_of(messages, [&](const LogMessage& message) {
    return message.text.find(words) != std::string::npos;
  });
}

/// Which digest a signature of the header is over; nothing when there is no such signature.
std::optional<unsigned> digest_of_signature(Header header, rpmTagVal tag) {
  rpmtd_s values{};
  if (headerGet(header, tag, &values, HEADERGET_MINMEM) == 0) return std::nullopt;
  pgpDigParams raw = nullptr;
  const auto* packet = static_cast<const uint8_t*>(values.data);
  const bool is_read = pgpPrtParams(packet, values.count, PGPTAG_SIGNATURE, &raw) == 0;
  const std::unique_ptr<pgpDigParams_s, decltype(&pgpDigParamsFree)> owner(raw, &pgpDigParamsFree);
  const unsigned algorithm = is_read ? pgpDigParamsAlgo(raw, PGPVAL_HASHALGO) : 0;
  rpmtdFreeData(&values);
  return algorithm;
}

bool is_strong(unsigned algorithm) {
  return algorithm == PGPHASHALGO_SHA224 || algorithm == PGPHASHALGO_SHA256 ||
         algorithm == PGPHASHALGO_SHA384 || algorithm == PGPHASHALGO_SHA512;
}

/// What rpm 6 refuses and earlier ones believe: signatures over digests that can be forged.
void require_strong_signature(const model::PackageFile& file, Header header) {
  for (const rpmTagVal tag : {RPMTAG_RSAHEADER, RPMTAG_DSAHEADER}) {
    const auto algorithm = digest_of_signature(header, tag);
    if (!algorithm || is_strong(*algorithm)) continue;
    const char* name = pgpValString(PGPVAL_HASHALGO, static_cast<uint8_t>(*algorithm));
    refuse(file, "install.signature-weak",
           fmt::format("is signed over a digest that can be forged ({})",
                       base::escape_controls(name == nullptr ? "unknown" : name)),
           {}, "ask whoever makes the repository to sign with SHA-256 or better");
  }
}

/// librpm reads unsigned packages without complaint, and those of unknown keys with a warning only.
void judge(const model::PackageFile& file, rpmRC result, Header header,
           const std::vector<LogMessage>& messages) {
  if (result == RPMRC_NOKEY) {
    refuse(file, "install.unknown-key",
           "is signed with a key that the repository's keys do not include", messages,
           "add the key to the repository's gpg keys, if you trust it; keys that have expired or "
           "were revoked do not count");
  }
  const bool is_signature_bad =
      speaks_of(messages, " Signature, key ID") && !speaks_of(messages, " digest: BAD");
  if (result != RPMRC_OK && is_signature_bad) {
    refuse(file, "install.signature-bad", "has a signature that does not match", messages,
           "do not use it; fetch it again from a source that you trust");
  }
  if (result != RPMRC_OK || header == nullptr) {
    refuse(file, "install.package-corrupt", "is damaged", messages, remedy_for_damage(file));
  }
  if (!headerIsEntry(header, RPMTAG_RSAHEADER) && !headerIsEntry(header, RPMTAG_DSAHEADER)) {
    refuse(file, "install.package-unsigned", "is not signed", messages,
           "sign it, or say that signatures of this repository are not checked");
  }
  require_strong_signature(file, header);
}

/// Without signatures: its own digests have to hold at least.
void judge_digests(const model::PackageFile& file, rpmRC result, Header header,
                   const std::vector<LogMessage>& messages) {
  if (result == RPMRC_OK && header != nullptr) return;
  refuse(file, "install.package-corrupt", "is damaged", messages, remedy_for_damage(file));
}

[[noreturn]] void refuse_difference(const model::PackageFile& file, const std::string& what) {
  refuse(file, "install.package-mismatch", what, {},
         "the lock, or the metadata of the repository, does not say the truth about it; write the "
         "lock anew and look at what changes");
}

/// What a lock or a repository says of a package is believed only as far as the package, which is
/// signed, says the same: an image's time stamp comes from build times.
void require_identity(const model::PackageFile& file, Header header, std::uint64_t file_size) {
  const model::LockedPackage& said = file.package;
  const model::Nevra found = nevra_of(header);
  if (found != said.nevra) refuse_difference(file, fmt::format("is really {}", found.to_string()));
  const auto require = [&](const char* what, std::uint64_t is, std::uint64_t expected) {
    if (is == expected) return;
    refuse_difference(file, fmt::format("has the {} {}, not {}", what, is, expected));
  };
  const bool has_long_size = headerIsEntry(header, RPMTAG_LONGSIZE) != 0;
  require("build time", headerGetNumber(header, RPMTAG_BUILDTIME),
          static_cast<std::uint64_t>(said.build_time.time_since_epoch().count()));
  require("installed size", headerGetNumber(header, has_long_size ? RPMTAG_LONGSIZE : RPMTAG_SIZE),
          said.installed_size.bytes());
  require("file size", file_size, said.download_size.bytes());
  const auto require_text = [&](const char* what, rpmTag tag, const std::string& expected) {
    const char* text = headerGetString(header, tag);
    const std::string is = text == nullptr ? "" : text;
    if (is == expected) return;
    refuse_difference(
        file, fmt::format("has the {} {}, not {}", what, base::quoted(is), base::quoted(expected)));
  };
  require_text("source package", RPMTAG_SOURCERPM, said.provenance.source_package);
  require_text("licence", RPMTAG_LICENSE, said.provenance.license);
  require_text("vendor", RPMTAG_VENDOR, said.provenance.vendor);
}

std::uint64_t size_of(const fs::UniqueFd& file) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0)
    base::throw_system_error("install.package-missing", "cannot look at", "a package", errno);
  return static_cast<std::uint64_t>(status.st_size);
}

} // namespace

std::string remedy_for_damage(const model::PackageFile& file) {
  return fmt::format("the file is {}: of a local repository, put a sound one in its place; of the "
                     "cache, remove it and build again",
                     base::quoted(file.path.string()));
}

std::vector<CheckedPackage> check_signatures(rpmts transaction, const InstallRequest& request,
                                             const PackageFiles& files, RpmLog& log) {
  std::map<std::string, Keyring> keyrings;
  std::vector<CheckedPackage> result;
  for (std::size_t index = 0; index < request.packages.files.size(); ++index) {
    const model::PackageFile& file = request.packages.files[index];
    const auto found = request.trust.find(file.package.repository);
    const RepositoryTrust trust = found == request.trust.end() ? RepositoryTrust{} : found->second;
    const bool is_required = trust.signatures == model::SignatureCheck::required;
    Keyring& keyring = keyrings[file.package.repository];
    if (!keyring) keyring = keyring_of(file.package.repository, trust);
    rpmtsSetKeyring(transaction, keyring.get());
    rpmtsSetVSFlags(transaction, is_required ? RPMVSF_DEFAULT : RPMVSF_MASK_NOSIGNATURES);

    const fs::UniqueFd descriptor = files.open(index);
    const RpmFile stream(fdDup(descriptor.get()));
    Header raw = nullptr;
    log.take();
    const rpmRC outcome =
        rpmReadPackageFile(transaction, stream.get(), file.path.filename().c_str(), &raw);
    HeaderOwner header(raw);
    is_required ? judge(file, outcome, raw, log.take())
                : judge_digests(file, outcome, raw, log.take());
    require_identity(file, raw, size_of(descriptor));
    // Both descriptors share their position, which is now where the payload begins.
    const off_t offset = ::lseek(descriptor.get(), 0, SEEK_CUR);
    result.push_back({std::move(header), static_cast<std::uint64_t>(offset)});
  }
  return result;
}

} // namespace imagewright::install
