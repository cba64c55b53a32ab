// SPDX-License-Identifier: MIT
#pragma once

// Signing what a build published, and finding out whether it is still what was signed.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <imagewright/attest/key.hpp>
#include <imagewright/attest/statement.hpp>
#include <imagewright/base/diagnostic.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/json/value.hpp>

namespace imagewright::attest {

/// A file with a signed statement, and what it states.
struct SignedStatement {
  std::string file; ///< NAME-ARCH.intoto.jsonl
  Statement statement;
};

/// Writes one signed statement beside each manifest of the directory. Every file of it becomes
/// part of one: NAME-ARCH.… of that of NAME-ARCH, all others of each. Throws base::Error
/// (attest.nothing-to-sign, attest.not-a-file, attest.changed-file: an artifact is not what its
/// manifest or SHA256SUMS says, attest.missing-file).
std::vector<SignedStatement> sign_set(const std::filesystem::path& directory, const SigningKey& key,
                                      const std::string& builder);

enum class FileVerdict : std::uint8_t { vouched, changed, missing, stranger };

/// "signed", "changed", "missing", "not signed"
std::string_view to_string(FileVerdict verdict);

struct CheckedFile {
  std::string name;
  FileVerdict verdict = FileVerdict::stranger;
  base::Digest digest = {}; ///< of one that is vouched for

  bool operator==(const CheckedFile&) const = default;
};

/// What became of a signed set.
struct SetVerification {
  std::vector<CheckedFile> files;   ///< sorted by name, without the statements
  std::vector<std::string> signers; ///< identifiers of the keys that signed, sorted
  base::Diagnostics problems;       ///< attest.…, one for each thing that does not fit

  bool is_good() const { return problems.empty(); }
};

/// Only what a statement says that one of the keys signed is believed. Problems are collected:
/// attest.not-signed, attest.unknown-key, attest.damaged-envelope, attest.damaged-statement,
/// attest.changed-file, attest.missing-file, attest.missing-subject, attest.extra-file.
SetVerification verify_set(const std::filesystem::path& directory,
                           const std::vector<VerificationKey>& keys);

std::string to_text(const SetVerification& verification);
json::Value to_json(const SetVerification& verification);

} // namespace imagewright::attest
