// SPDX-License-Identifier: MIT
#pragma once

// Manifests and blobs of one repository of a registry.

#include <filesystem>
#include <string>
#include <vector>

#include <imagewright/base/digest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/model/file_config.hpp>
#include <imagewright/repo/fetch_options.hpp>
#include <imagewright/repo/repository_set.hpp>

#include "registry_http.hpp"
#include "registry_job.hpp"
#include "registry_reference.hpp"

namespace imagewright::repo {

struct RegistryQuestion {
  std::string reference; ///< as the config has it
  base::SourceLocation where;
  std::string purpose;   ///< "the base"
  std::string other_way; ///< what helps where the registry gives nothing to us
};

/// Asks for a token where the registry wants one, and says of every fault what it was about.
/// Everything that arrives goes into the cache, and what is there is not asked for.
class RegistryClient {
public:
  /// All is borrowed.
  RegistryClient(const RegistryQuestion& question, const FetchOptions& options,
                 const FetchEnvironment& environment);

  const RegistryReference& reference() const { return reference_; }
  /// The digest that the reference's tag has now.
  base::Digest look_up_tag();
  /// The text of a manifest or an index. Throws base::Error (repo.file-checksum, repo.file-missing,
  /// repo.unreachable, repo.offline, repo.registry-login).
  std::string document(const base::Digest& digest);
  RegistryManifest read(const std::string& document) const;
  /// Where the blobs are, in their order, verified. Throws as load_remote_files() does.
  std::vector<std::filesystem::path> blobs(const std::vector<RegistryEntry>& entries);

  /// Of one that a manifest names. Throws repo.registry-image for what is none.
  base::Digest digest_of_entry(const RegistryEntry& entry) const;
  [[noreturn]] void fail(base::FailureKind kind, const std::string& code,
                         const std::string& message, const std::string& hint) const;
  /// It is there, and is not what it is used for: repo.registry-image.
  [[noreturn]] void fail_image(const std::string& message, const std::string& hint = {}) const;

private:
  std::string subject() const;
  void require_network() const;
  void ask_for_token(const std::string& challenge);
  [[noreturn]] void fail_login() const;
  RegistryAnswer ask_for(const std::string& url);
  std::string fetch_document(const std::string& version);
  void introduce();

  const RegistryQuestion& question_;
  const FetchOptions& options_;
  const FetchEnvironment& environment_;
  RegistryReference reference_;
  std::vector<std::string> headers_; ///< by which the registry knows us
  bool is_introduced_ = false;       ///< it was asked something
};

} // namespace imagewright::repo
