// SPDX-License-Identifier: MIT
#pragma once

// What a registry answers, as a worker reads it that has the text and nothing else (OCI image
// specification, "Image Index" and "Image Manifest"; Docker's own are alike). Nothing of what comes
// back was checked but its form.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/sandbox/worker.hpp>

namespace imagewright::repo {

/// A manifest of an index, or a file of a manifest.
struct RegistryEntry {
  std::string digest;
  std::uint64_t size = 0;
  bool has_size = false;    ///< else `size` is 0
  std::string title;        ///< name of the file; empty: it has none
  std::string os;           ///< of an index
  std::string architecture; ///< of an index
};

struct RegistryManifest {
  std::string fault; ///< why it cannot be read, as the end of a sentence; then there is no more
  bool is_index = false;
  std::string media_type; ///< as the document itself has it; empty: it does not say
  std::vector<RegistryEntry> entries;
  std::optional<RegistryEntry> config; ///< of a manifest
};

RegistryManifest read_registry_manifest(const std::string& text, const std::string& subject,
                                        const base::Cancellation& cancellation);

/// The token of an answer of an authorization server; empty: it gives none.
std::string read_registry_token(const std::string& text, const std::string& subject,
                                const base::Cancellation& cancellation);

inline constexpr const char* k_manifest_job = "repo-registry-manifest";
inline constexpr const char* k_token_job = "repo-registry-token";
std::string read_manifest_in_worker(const sandbox::WorkerCall& call);
std::string read_token_in_worker(const sandbox::WorkerCall& call);

} // namespace imagewright::repo
