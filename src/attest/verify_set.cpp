// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include <imagewright/attest/envelope.hpp>
#include <imagewright/attest/published_set.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>

#include "set_files.hpp"

namespace imagewright::attest {

namespace {

/// Builds up one verification.
class Verifier {
public:
  Verifier(const std::filesystem::path& directory, const std::vector<VerificationKey>& keys)
      : directory_(directory), keys_(keys), names_(names_in_set(directory)) {}

  SetVerification run() {
    for (const std::string& name : names_) {
      if (name.ends_with(k_statement_suffix)) read_statement(name);
    }
    if (!has_statement_) {
      problem("attest.not-signed",
              fmt::format("no signed statement stands in {}", base::quoted(directory_.string())),
              "sign it with imagewright sign");
    }
    for (const auto& [name, digests] : stated_)
      check(name, digests);
    require_subjects();
    find_strangers();
    std::sort(
        result_.files.begin(), result_.files.end(),
        [](const CheckedFile& left, const CheckedFile& right) { return left.name < right.name; });
    result_.signers.assign(signers_.begin(), signers_.end());
    return std::move(result_);
  }

private:
  void problem(std::string code, std::string message, std::string hint) {
    result_.problems.add({.code = std::move(code),
                          .message = std::move(message),
                          .where = {},
                          .related = {},
                          .context = {},
                          .hint = std::move(hint)});
  }

  std::string named(const std::string& file) const {
    return base::quoted((directory_ / file).string());
  }

  /// Somebody else may have put pipes and devices there, which nobody reads.
  std::string read(const std::string& file, base::ByteSize limit) const {
    auto text = fs::find_file(directory_ / file, limit);
    if (text) return *std::move(text);
    throw base::Error(base::FailureKind::verification, "attest.missing-file",
                      fmt::format("{} is not there", named(file)), "copy the whole set");
  }

  void read_statement(const std::string& file) {
    has_statement_ = true;
    try {
      const Envelope envelope =
          parse_envelope(read(file, k_largest_document), (directory_ / file).string());
      const VerificationKey* signer = find_signer(envelope, keys_);
      if (signer == nullptr) return refuse_stranger(file, envelope);
      if (envelope.payload_type != k_statement_payload_type) {
        throw base::Error(base::FailureKind::verification, "attest.damaged-statement",
                          fmt::format("what {} signs is of the kind {}", named(file),
                                      base::quoted(envelope.payload_type)),
                          "give a directory that imagewright sign has signed");
      }
      believe(parse_statement(envelope.payload, (directory_ / file).string()));
      signers_.insert(signer->identifier());
    } catch (const base::Error& error) {
      is_whole_ = false;
      result_.problems.add(error.diagnostic());
    }
  }

  void refuse_stranger(const std::string& file, const Envelope& envelope) {
    is_whole_ = false;
    const bool says_ours = std::any_of(
        envelope.signatures.begin(), envelope.signatures.end(), [&](const auto& signature) {
          return std::any_of(keys_.begin(), keys_.end(), [&](const VerificationKey& key) {
            return key.identifier() == signature.key_identifier;
          });
        });
    if (says_ours) {
      problem("attest.bad-signature",
              fmt::format("{} was changed: its signature does not fit", named(file)),
              "copy it again from where it was signed");
    } else {
      problem("attest.unknown-key", fmt::format("{} was signed by somebody else", named(file)),
              "give the key of whoever signs your images; do not use the set before that");
    }
  }

  void believe(const Statement& statement) {
    for (const NamedFile& file : statement.subjects) {
      stated_[file.name].insert(file.digest);
      subjects_.insert(file);
    }
    for (const NamedFile& file : statement.byproducts)
      stated_[file.name].insert(file.digest);
  }

  void check(const std::string& name, const std::set<base::Digest>& digests) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(directory_ / name, error)) {
      result_.files.push_back({name, FileVerdict::missing});
      return problem("attest.missing-file", fmt::format("{} is not there", named(name)),
                     "copy the whole set");
    }
    const base::Digest is = fs::digest_of_file(directory_ / name);
    // Statements that say different things of one file cannot both hold.
    if (digests.size() == 1 && *digests.begin() == is) {
      result_.files.push_back({name, FileVerdict::vouched, is});
      return;
    }
    result_.files.push_back({name, FileVerdict::changed});
    problem("attest.changed-file", fmt::format("{} is not the file that was signed", named(name)),
            fmt::format("it should be {}", digests.begin()->to_string()));
  }

  bool is_vouched(const std::string& name) const {
    return std::any_of(result_.files.begin(), result_.files.end(), [&](const CheckedFile& file) {
      return file.name == name && file.verdict == FileVerdict::vouched;
    });
  }

  void require_subject(const NamedFile& file, const std::string& witness) {
    if (subjects_.contains(file)) return;
    problem("attest.missing-subject",
            fmt::format("{} speaks of {}, and no statement vouches for that", base::quoted(witness),
                        base::quoted(file.name)),
            "sign the whole set again");
  }

  /// A statement that leaves out what its own manifest lists vouches for half a set.
  void require_subjects() {
    if (!is_whole_) return;
    std::vector<std::string> vouched;
    for (const CheckedFile& file : result_.files) {
      if (file.verdict == FileVerdict::vouched) vouched.push_back(file.name);
    }
    const std::vector<std::string> images = images_among(vouched);
    if (images.empty() && has_statement_) {
      problem("attest.missing-subject", "no manifest is vouched for", "sign the whole set again");
    }
    for (const std::string& image : images) {
      const std::string file = image + std::string(k_manifest_suffix);
      const audit::Manifest manifest =
          audit::parse_manifest(read(file, audit::k_largest_manifest), file);
      for (const audit::ArtifactRecord& artifact : manifest.artifacts)
        require_subject({artifact.file, artifact.digest}, file);
    }
    const std::string sums(k_sums_name);
    if (!is_vouched(sums)) return;
    for (const auto& [name, digest] : parse_sums(read(sums, base::ByteSize::mib(16)))) {
      const auto stated = stated_.find(name);
      if (stated == stated_.end() || !stated->second.contains(digest))
        require_subject({name, digest}, sums);
    }
  }

  void find_strangers() {
    for (const std::string& name : names_) {
      if (stated_.contains(name) || name.ends_with(k_statement_suffix)) continue;
      result_.files.push_back({name, FileVerdict::stranger});
      // When a statement is not believed, nothing that it names is.
      if (!is_whole_ || !has_statement_) continue;
      problem("attest.extra-file", fmt::format("nobody vouches for {}", named(name)),
              "remove it, or sign the set again with it");
    }
  }

  const std::filesystem::path& directory_;
  const std::vector<VerificationKey>& keys_;
  std::vector<std::string> names_;
  std::map<std::string, std::set<base::Digest>> stated_;
  std::set<NamedFile> subjects_;
  std::set<std::string> signers_;
  bool has_statement_ = false;
  bool is_whole_ = true;
  SetVerification result_;
};

} // namespace

std::string_view to_string(FileVerdict verdict) {
  switch (verdict) {
  case FileVerdict::vouched:
    return "signed";
  case FileVerdict::changed:
    return "changed";
  case FileVerdict::missing:
    return "missing";
  case FileVerdict::stranger:
    return "not signed";
  }
  throw base::BugError("unknown verdict on a file");
}

SetVerification verify_set(const std::filesystem::path& directory,
                           const std::vector<VerificationKey>& keys) {
  return Verifier(directory, keys).run();
}

std::string to_text(const SetVerification& verification) {
  std::string text;
  for (const CheckedFile& file : verification.files)
    text += fmt::format("{}: {}\n", file.name, to_string(file.verdict));
  for (const std::string& signer : verification.signers)
    text += fmt::format("signed by {}\n", signer);
  return text;
}

json::Value to_json(const SetVerification& verification) {
  json::Array files;
  for (const CheckedFile& file : verification.files) {
    json::Object item{{"name", file.name}, {"verdict", to_string(file.verdict)}};
    if (file.verdict == FileVerdict::vouched) item.emplace_back("digest", file.digest.to_string());
    files.push_back(std::move(item));
  }
  json::Array signers;
  for (const std::string& signer : verification.signers)
    signers.emplace_back(signer);
  json::Array problems;
  for (const base::Diagnostic& problem : verification.problems.items())
    problems.push_back(json::Object{{"code", problem.code}, {"message", problem.message}});
  return json::Object{{"imagewrightSignatures", 1},
                      {"good", verification.is_good()},
                      {"files", std::move(files)},
                      {"signers", std::move(signers)},
                      {"problems", std::move(problems)}};
}

} // namespace imagewright::attest
