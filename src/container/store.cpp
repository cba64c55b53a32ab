// SPDX-License-Identifier: MIT
#include <set>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/byte_order.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/container/bolt.hpp>
#include <imagewright/container/store.hpp>

namespace imagewright::container {

namespace {

// containerd's metadata/buckets.go describes the tree; this is version 3 of its schema.
constexpr std::int64_t k_schema_version = 3;

/// Go's encoding/binary, PutVarint: zigzag, seven bits a byte, the lowest first.
std::string varint(std::int64_t number) {
  std::uint64_t left = static_cast<std::uint64_t>(number) << 1U;
  if (number < 0) left = ~left;
  std::string text;
  for (; left >= 0x80; left >>= 7U)
    text += static_cast<char>((left & 0x7FU) | 0x80U);
  return text + static_cast<char>(left);
}

/// Go's time.Time.MarshalBinary, version 1, in UTC: seconds since the year 1, nanoseconds, zone.
std::string go_time(base::Epoch epoch) {
  constexpr std::int64_t k_year_one_to_1970 = 62'135'596'800;
  base::Bytes bytes(15);
  bytes[0] = std::byte{1};
  const std::int64_t seconds = epoch.time_since_epoch().count() + k_year_one_to_1970;
  base::big_endian::put(bytes, 1, static_cast<std::uint64_t>(seconds));
  constexpr std::uint16_t k_utc = 0xFFFF; // minus one
  base::big_endian::put(bytes, 13, k_utc);
  return std::string(base::as_text(bytes));
}

/// What containerd notes about a blob.
struct Content {
  std::uint64_t size = 0;
  std::map<std::string, std::string> labels;
  /// By host: from which repositories it is.
  std::map<std::string, std::set<std::string>> repositories;
};

/// All that is known in one namespace.
struct Namespace {
  std::map<std::string, Bucket> images;
  std::map<std::string, Content> content;
};

class Catalogue {
public:
  explicit Catalogue(base::Epoch epoch) : time_(go_time(epoch)) {}

  void add(const Image& image) {
    Namespace& space = spaces_[image.identity.name_space];
    add_records(space, image);
    const auto note = [&](const Blob& blob) -> Content& {
      Content& content = space.content[blob.digest.to_string()];
      content.size = blob.size;
      add_repository(content, image.identity.name);
      return content;
    };
    // Without these, the garbage collector would see blobs that nobody needs.
    Content& manifest = note(image.manifest);
    manifest.labels["containerd.io/gc.ref.content.config"] = image.config.digest.to_string();
    for (std::size_t index = 0; index < image.layers.size(); ++index) {
      manifest.labels[fmt::format("containerd.io/gc.ref.content.l.{}", index)] =
          image.layers[index].blob.digest.to_string();
    }
    note(image.config);
    for (const Layer& layer : image.layers)
      note(layer.blob).labels["containerd.io/uncompressed"] = layer.difference.to_string();
  }

  Bucket bucket() const {
    Bucket version;
    version.values["version"] = varint(k_schema_version);
    for (const auto& [name, space] : spaces_) {
      Bucket& bucket = version.buckets[name];
      bucket.buckets["images"].buckets = space.images;
      Bucket& blobs = bucket.buckets["content"].buckets["blob"];
      for (const auto& [digest, content] : space.content)
        blobs.buckets[digest] = content_bucket(content);
    }
    Bucket root;
    root.buckets["v1"] = std::move(version);
    return root;
  }

private:
  static void add_repository(Content& content, const std::string& name) {
    const std::size_t slash = name.find('/');
    const std::size_t colon = name.rfind(':');
    content.repositories[name.substr(0, slash)].insert(name.substr(slash + 1, colon - slash - 1));
  }

  /// The three records that a pull through CRI makes: the name, the digest in the repository, the
  /// id.
  void add_records(Namespace& space, const Image& image) const {
    const model::LockedContainerImage& identity = image.identity;
    const std::string repository = identity.name.substr(0, identity.name.rfind(':'));
    for (const std::string& name : {identity.name, repository + "@" + identity.manifest.to_string(),
                                    identity.config.to_string()}) {
      Bucket& record = space.images[name];
      // Several names of one content share two of the records: one that is pinned counts.
      record.values["createdat"] = time_;
      record.values["updatedat"] = time_;
      Bucket& labels = record.buckets["labels"];
      labels.values["io.cri-containerd.image"] = "managed";
      if (identity.pinning == model::Pinning::pinned)
        labels.values["io.cri-containerd.pinned"] = "pinned";
      Bucket& target = record.buckets["target"];
      target.values["digest"] = identity.manifest.to_string();
      target.values["mediatype"] = image.manifest.media_type;
      target.values["size"] = varint(static_cast<std::int64_t>(image.manifest.size));
    }
  }

  Bucket content_bucket(const Content& content) const {
    Bucket bucket;
    bucket.values["createdat"] = time_;
    bucket.values["updatedat"] = time_;
    bucket.values["size"] = varint(static_cast<std::int64_t>(content.size));
    Bucket& labels = bucket.buckets["labels"];
    labels.values = content.labels;
    for (const auto& [host, repositories] : content.repositories) {
      const std::vector<std::string> names(repositories.begin(), repositories.end());
      labels.values["containerd.io/distribution.source." + host] = base::join(names, ",");
    }
    return bucket;
  }

  std::string time_;
  std::map<std::string, Namespace> spaces_;
};

} // namespace

std::map<base::Digest, const Blob*> blobs_of(std::span<const Image> images) {
  std::map<base::Digest, const Blob*> blobs;
  for (const Image& image : images) {
    blobs.emplace(image.manifest.digest, &image.manifest);
    blobs.emplace(image.config.digest, &image.config);
    for (const Layer& layer : image.layers)
      blobs.emplace(layer.blob.digest, &layer.blob);
  }
  return blobs;
}

std::string metadata_file(std::span<const Image> images, base::Epoch epoch) {
  Catalogue catalogue(epoch);
  for (const Image& image : images)
    catalogue.add(image);
  return bolt_file(catalogue.bucket());
}

} // namespace imagewright::container
