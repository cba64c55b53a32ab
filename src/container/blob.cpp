// SPDX-License-Identifier: MIT
#include "container/blob.hpp"

#include <map>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <imagewright/archive/decompress.hpp>
#include <imagewright/archive/tar_reader.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fs/file.hpp>

namespace imagewright::container {

namespace {

constexpr base::ByteSize k_largest_document = base::ByteSize::mib(16);
constexpr base::ByteSize k_largest_archive = base::ByteSize::gib(64);
/// What is read of a member at once: a layer need not fit into memory.
constexpr std::size_t k_piece_size = std::size_t{1} << 20U;

const json::Value* find_annotation(const json::Value& descriptor, std::string_view name) {
  const json::Value* annotations = descriptor.find("annotations");
  return annotations != nullptr ? annotations->find(name) : nullptr;
}

std::string annotation(const json::Value& descriptor, std::string_view name) {
  const json::Value* value = find_annotation(descriptor, name);
  const std::string* text = value != nullptr ? value->find_string() : nullptr;
  return text != nullptr ? *text : std::string();
}

/// Without "./" and "..": nothing is written anywhere else.
std::filesystem::path inner_path(const std::string& name, const std::filesystem::path& archive) {
  const std::filesystem::path path = std::filesystem::path(name).lexically_normal();
  const bool leads_out = path.is_absolute() || path.empty() || path.begin()->string() == "..";
  if (leads_out) {
    throw_damaged(fmt::format("the archive {} has a file {}, which would be outside of it",
                              base::quoted(archive.string()), base::quoted(name)));
  }
  return path;
}

class Unpacker {
public:
  Unpacker(const std::filesystem::path& archive, const std::filesystem::path& directory)
      : archive_(archive), directory_(directory) {}

  void take(const archive::TarMember& member, const archive::MemberContent& content) {
    if (member.type == fs::FileType::directory) return;
    const std::filesystem::path path = inner_path(member.path, archive_);
    if (!member.hard_link.empty()) {
      links_[path] = inner_path(member.hard_link, archive_);
    } else if (member.type == fs::FileType::symlink) {
      links_[path] = inner_path((path.parent_path() / member.link_target).string(), archive_);
    } else if (member.type == fs::FileType::regular) {
      write(path, content);
    }
  }

  /// Links become further names of what they mean, once everything is there.
  void link() {
    for (const auto& [path, target] : links_) {
      const std::filesystem::path from = directory_ / target;
      std::error_code error;
      if (!std::filesystem::is_regular_file(from, error)) continue;
      make_room(directory_ / path);
      std::filesystem::create_hard_link(from, directory_ / path, error);
      if (error)
        base::throw_system_error("fs.cannot-write", "cannot link", path.string(), error.value());
    }
  }

private:
  static void make_room(const std::filesystem::path& target) {
    std::error_code error;
    std::filesystem::create_directories(target.parent_path(), error);
    if (error) {
      base::throw_system_error("fs.cannot-write", "cannot make", target.parent_path().string(),
                               error.value());
    }
    std::filesystem::remove(target, error);
  }

  void write(const std::filesystem::path& path, const archive::MemberContent& content) const {
    const std::filesystem::path target = directory_ / path;
    make_room(target);
    fs::write_file_atomically(target, "");
    const fs::UniqueFd file = fs::open_for_writing(target);
    std::uint64_t offset = 0;
    for (std::string piece = content(k_piece_size); !piece.empty(); piece = content(k_piece_size)) {
      fs::write_exactly(file.get(), std::as_bytes(std::span(piece)), offset, target.string());
      offset += piece.size();
    }
  }

  const std::filesystem::path& archive_;
  const std::filesystem::path& directory_;
  std::map<std::filesystem::path, std::filesystem::path> links_;
};

} // namespace

void throw_damaged(const std::string& message) {
  throw base::Error(base::FailureKind::input, "container.damaged", message,
                    "make or fetch the image again");
}

void throw_unsupported(const std::string& message) {
  throw base::Error(base::FailureKind::input, "container.unsupported", message,
                    "convert it, for example with: skopeo copy --format oci SOURCE oci:DIRECTORY");
}

json::Value parse_document(std::string_view text, const std::string& where) {
  try {
    return json::parse(text, where);
  } catch (const base::Error& error) {
    throw_damaged(fmt::format("{} is no JSON: {}", where, error.diagnostic().message));
  }
}

std::string text_in(const json::Value& object, std::string_view name) {
  const json::Value* value = object.find(name);
  const std::string* text = value != nullptr ? value->find_string() : nullptr;
  return text != nullptr ? *text : std::string();
}

Descriptor descriptor_from(const json::Value& value, const std::string& where) {
  const std::string digest_text = text_in(value, "digest");
  const auto digest = base::Digest::parse(digest_text);
  const json::Value* size = value.find("size");
  if (digest_text.starts_with("sha512:"))
    throw_unsupported(fmt::format("{} has digests of another kind than SHA-256", where));
  if (!digest || size == nullptr)
    throw_damaged(fmt::format("{} names something without digest or size", where));
  Descriptor descriptor{.media_type = text_in(value, "mediaType"),
                        .digest = *digest,
                        .size = 0,
                        .name = annotation(value, "org.opencontainers.image.ref.name"),
                        .full_name = annotation(value, "io.containerd.image.name"),
                        .architecture = {},
                        .system = {}};
  if (const auto* number = std::get_if<std::uint64_t>(&size->storage())) {
    descriptor.size = *number;
  } else if (const auto* other = std::get_if<std::int64_t>(&size->storage());
             other != nullptr && *other >= 0) {
    descriptor.size = static_cast<std::uint64_t>(*other);
  } else {
    throw_damaged(fmt::format("{} names something with an impossible size", where));
  }
  if (const json::Value* platform = value.find("platform")) {
    descriptor.architecture = text_in(*platform, "architecture");
    descriptor.system = text_in(*platform, "os");
  }
  return descriptor;
}

Blob find_blob(const std::filesystem::path& directory, const Descriptor& descriptor,
               const base::Cancellation& cancellation) {
  cancellation.check();
  const std::filesystem::path file = directory / "blobs" / "sha256" / descriptor.digest.hex;
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(file, error);
  if (error) throw_damaged(fmt::format("{} is not there", descriptor.digest.to_string()));
  if (size != descriptor.size) {
    throw_damaged(fmt::format("{} has {} bytes, and should have {}", descriptor.digest.to_string(),
                              size, descriptor.size));
  }
  Blob blob = blob_of_file(file, descriptor.media_type);
  if (blob.digest != descriptor.digest) {
    throw_damaged(fmt::format("the content of {} has the digest {}", descriptor.digest.to_string(),
                              blob.digest.to_string()));
  }
  return blob;
}

Blob blob_of_file(const std::filesystem::path& file, const std::string& media_type) {
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(file, error);
  if (error)
    base::throw_system_error("fs.cannot-read", "cannot read", file.string(), error.value());
  return {.digest = fs::digest_of_file(file),
          .size = size,
          .media_type = media_type,
          .file = file,
          .content = {}};
}

std::string content_of(const Blob& blob) {
  if (blob.file.empty()) return blob.content;
  if (blob.size > k_largest_document.bytes())
    throw_damaged(fmt::format("{} is too large for a description", blob.digest.to_string()));
  return fs::read_file(blob.file, k_largest_document);
}

void check_difference(const Layer& layer, const base::Cancellation& cancellation) {
  base::Hasher hasher;
  try {
    archive::decompress(layer.blob.file, k_largest_archive, [&](std::span<const std::byte> piece) {
      cancellation.check();
      hasher.update(piece);
    });
  } catch (const base::Error& error) {
    if (!error.diagnostic().code.starts_with("archive.")) throw;
    throw_damaged(fmt::format("the layer {} cannot be unpacked: {}", layer.blob.digest.to_string(),
                              error.diagnostic().message));
  }
  const base::Digest found = hasher.finish();
  if (found == layer.difference) return;
  throw_damaged(fmt::format("the layer {} holds {} when it is unpacked, and the config says {}",
                            layer.blob.digest.to_string(), found.to_string(),
                            layer.difference.to_string()));
}

void unpack(const std::filesystem::path& archive, const std::filesystem::path& directory,
            const base::Cancellation& cancellation) {
  Unpacker unpacker(archive, directory);
  archive::read_tar(
      archive, k_largest_archive,
      [&](const archive::TarMember& member, const archive::MemberContent& content) {
        unpacker.take(member, content);
      },
      cancellation);
  unpacker.link();
}

} // namespace imagewright::container
