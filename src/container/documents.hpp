// SPDX-License-Identifier: MIT
#pragma once

// What stands in the documents of an image, as a worker has read them: nothing of it is believed
// that a digest does not confirm.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/digest.hpp>
#include <imagewright/sandbox/worker.hpp>

namespace imagewright::container {

/// What an index or a manifest says of another blob.
struct Descriptor {
  std::string media_type;
  base::Digest digest;
  std::uint64_t size = 0;
  std::string name;         ///< "org.opencontainers.image.ref.name"; empty: none
  std::string full_name;    ///< "io.containerd.image.name"; empty: none
  std::string architecture; ///< of the platform; empty: not said
  std::string system;       ///< likewise: "linux"
};

struct Manifest {
  std::optional<Descriptor> config; ///< absent: schema 1 has none
  std::vector<Descriptor> layers;
};

struct Settings {
  std::string architecture;
  std::string system;
  std::vector<base::Digest> differences; ///< of the layers when they are not compressed
};

/// One image of manifest.json (Docker's image specification v1.2, "combined image JSON").
struct ArchiveEntry {
  std::string config;
  std::vector<std::string> names;
  std::vector<std::string> layers;
};

/// JSON that strangers wrote.
struct Document {
  std::string text;
  std::string where; ///< for messages: "the manifest sha256:…"
};

// Each has a worker read it. Throws container.damaged and container.unsupported.
std::vector<Descriptor> read_index(const Document& document,
                                   const base::Cancellation& cancellation);
Manifest read_manifest(const Document& document, const base::Cancellation& cancellation);
Settings read_settings(const Document& document, const base::Cancellation& cancellation);
std::vector<ArchiveEntry> read_archive_entries(const Document& document,
                                               const base::Cancellation& cancellation);

inline constexpr std::string_view k_document_job = "read-container-document";
std::string read_document_in_worker(const sandbox::WorkerCall& call);

} // namespace imagewright::container
