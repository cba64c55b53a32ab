// SPDX-License-Identifier: MIT
#pragma once

// Bytes that somebody says have a digest, and whether they have it.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/container/image.hpp>
#include <imagewright/json/value.hpp>

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

[[noreturn]] void throw_damaged(const std::string& message);
[[noreturn]] void throw_unsupported(const std::string& message);

/// Throws container.damaged; `where` is what has the descriptor.
Descriptor descriptor_from(const json::Value& value, const std::string& where);
/// The document, if it is one. Throws container.damaged.
json::Value parse_document(std::string_view text, const std::string& where);
/// The text of that name; empty when there is none.
std::string text_in(const json::Value& object, std::string_view name);

/// The blob that is described, below `directory` ("blobs/sha256/…"), when size and digest are what
/// they should be. Throws container.damaged.
Blob find_blob(const std::filesystem::path& directory, const Descriptor& descriptor,
               const base::Cancellation& cancellation);
/// A file as a blob of its own.
Blob blob_of_file(const std::filesystem::path& file, const std::string& media_type);
/// The whole of a small blob.
std::string content_of(const Blob& blob);

/// Throws container.damaged when the content of the layer, not compressed, has another digest.
void check_difference(const Layer& layer, const base::Cancellation& cancellation);

/// The regular files of an archive below `directory`, by name; links among them are followed.
void unpack(const std::filesystem::path& archive, const std::filesystem::path& directory,
            const base::Cancellation& cancellation);

} // namespace imagewright::container
