// SPDX-License-Identifier: MIT
// Composable OS Image specification 1.2, "Metadata JSON File".
#include "image/cosi/metadata.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/json/value.hpp>

#include "image/corrupt.hpp"
#include "image/cosi/archive.hpp"

namespace imagewright::image::cosi {

namespace {

using json::Array;
using json::Object;
using json::Value;

/// As far back as a compressed image may point: what readers of Zstandard allow by themselves.
constexpr std::uint64_t k_window = 27;
constexpr std::size_t k_digest_digits = 96;
/// "BootloaderType Enum": whoever lists no entries.
constexpr std::string_view k_menu_in_boot = "grub";
constexpr std::uint64_t k_most_partitions = 1024;

class Parser {
public:
  explicit Parser(const std::string& name) : name_(name) {}

  Metadata parse(std::string_view text) const {
    const Value root = document(text);
    Metadata metadata;
    const bool has_disk = has_regions(root);
    for (const Value& each : list(root, "images"))
      metadata.filesystems.push_back(filesystem(each));
    if (!has_disk) return metadata;
    const Value& disk = member(root, "disk");
    if (text_of(disk, "type") != "gpt") throw_unsupported(name_, "its disk has no GPT");
    metadata.disk_size = number(disk, "size");
    const std::uint64_t sector = number(disk, "lbaSize");
    if (sector != 512 && sector != 4096) corrupt("its disk has impossible sectors");
    if (metadata.disk_size == 0 || metadata.disk_size % sector != 0)
      corrupt("its disk has an impossible size");
    for (const Value& each : list(disk, "gptRegions"))
      metadata.regions.push_back(region(each));
    check(metadata);
    return metadata;
  }

private:
  [[noreturn]] void corrupt(const std::string& what) const { throw_corrupt_cosi(name_, what); }

  Value document(std::string_view text) const {
    try {
      return json::parse(text, std::string(k_metadata));
    } catch (const base::Error& error) {
      corrupt(error.diagnostic().message);
    }
  }

  const Value& member(const Value& object, std::string_view key) const {
    const Value* found = object.find(key);
    if (found == nullptr || found->is_null())
      corrupt(fmt::format("its metadata lack {}", base::quoted(key)));
    return *found;
  }

  std::string text_of(const Value& object, std::string_view key) const {
    const std::string* text = member(object, key).find_string();
    if (text == nullptr) corrupt(fmt::format("{} in its metadata is no text", base::quoted(key)));
    return *text;
  }

  std::uint64_t number(const Value& object, std::string_view key) const {
    const auto& storage = member(object, key).storage();
    if (const auto* plain = std::get_if<std::uint64_t>(&storage)) return *plain;
    if (const auto* plain = std::get_if<std::int64_t>(&storage); plain != nullptr && *plain >= 0)
      return static_cast<std::uint64_t>(*plain);
    corrupt(fmt::format("{} in its metadata is no number of bytes", base::quoted(key)));
  }

  const Array& list(const Value& object, std::string_view key) const {
    const Array* items = member(object, key).find_array();
    if (items == nullptr) corrupt(fmt::format("{} in its metadata is no list", base::quoted(key)));
    return *items;
  }

  /// Versions before 1.2 have no partition table.
  bool has_regions(const Value& root) const {
    const std::string version = text_of(root, "version");
    const std::size_t dot = version.find('.');
    std::uint64_t minor = 0;
    const char* end = version.data() + version.size();
    const char* start = dot == std::string::npos ? end : version.data() + dot + 1;
    const auto [stop, error] = std::from_chars(start, end, minor);
    if (error != std::errc{} || stop != end)
      corrupt(fmt::format("{} is no version", base::quoted(version)));
    if (version.substr(0, dot) != "1")
      throw_unsupported(name_, fmt::format("it is of version {} of COSI", version));
    return minor >= 2;
  }

  ImageRecord image(const Value& object) const {
    ImageRecord record{.path = text_of(object, "path"),
                       .compressed_size = number(object, "compressedSize"),
                       .size = number(object, "uncompressedSize")};
    if (const Value* digest = object.find("sha384"); digest != nullptr && !digest->is_null())
      record.sha384 = base::to_lower(text_of(object, "sha384"));
    if (!record.sha384.empty() && record.sha384.size() != k_digest_digits)
      corrupt(fmt::format("the digest of {} is none", base::quoted(record.path)));
    return record;
  }

  Region region(const Value& object) const {
    Region found{.image = image(member(object, "image"))};
    const std::string type = text_of(object, "type");
    if (type == "primary-gpt") return found;
    if (type != "partition")
      throw_unsupported(name_, fmt::format("it has a region of the type {}", base::quoted(type)));
    const std::uint64_t partition = number(object, "number");
    if (partition == 0 || partition > k_most_partitions)
      corrupt("a partition has an impossible number");
    found.partition = static_cast<std::uint32_t>(partition);
    return found;
  }

  Filesystem filesystem(const Value& object) const {
    Filesystem found{.image = image(member(object, "image")),
                     .mount_point = text_of(object, "mountPoint"),
                     .uuid = text_of(object, "fsUuid")};
    // Older writers give words there, which the table of partitions makes up for.
    if (const auto type = base::Uuid::parse(text_of(object, "partType")))
      found.partition_type = *type;
    const Value* verity = object.find("verity");
    if (verity != nullptr && !verity->is_null()) found.hashes = image(member(*verity, "image"));
    return found;
  }

  void check(const Metadata& metadata) const {
    std::set<std::uint32_t> numbers;
    std::map<std::string, const ImageRecord*> images;
    for (const Region& each : metadata.regions) {
      if (!numbers.insert(each.partition).second) corrupt("two of its regions are of one place");
      if (!images.emplace(each.image.path, &each.image).second)
        corrupt("two of its regions have one image");
      if (each.image.sha384.empty())
        corrupt(fmt::format("{} has no digest", base::quoted(each.image.path)));
    }
    if (metadata.regions.empty() || metadata.regions.front().partition != 0)
      corrupt("its first region is not the partition table");
    const auto require_region = [&](const ImageRecord& record) {
      const auto known = images.find(record.path);
      if (known == images.end() || *known->second != record)
        corrupt(fmt::format("{} is the image of no region", base::quoted(record.path)));
    };
    for (const Filesystem& each : metadata.filesystems) {
      require_region(each.image);
      if (each.hashes) require_region(*each.hashes);
    }
  }

  const std::string& name_;
};

/// JSON has nothing but UTF-8.
std::string text(std::string_view bytes) {
  return base::is_valid_utf8(bytes) ? std::string(bytes) : base::escape_controls(bytes);
}

Value image_value(const ImageRecord& image) {
  return Object{{"path", image.path},
                {"compressedSize", image.compressed_size},
                {"uncompressedSize", image.size},
                {"sha384", image.sha384}};
}

const ImageRecord& image_of(const std::vector<Region>& regions, std::uint32_t partition) {
  const auto found = std::ranges::find(regions, partition, &Region::partition);
  IMAGEWRIGHT_ASSERT(found != regions.end());
  return found->image;
}

Value filesystem_value(const model::DescribedFilesystem& filesystem,
                       const std::vector<Region>& regions) {
  Value verity = nullptr;
  if (filesystem.hashes) {
    Object hashes{{"image", image_value(image_of(regions, filesystem.hashes->partition))},
                  {"roothash", text(filesystem.hashes->root_hash)}};
    if (filesystem.hashes->offset != 0)
      hashes.emplace_back("hashOffset", filesystem.hashes->offset);
    verity = std::move(hashes);
  }
  return Object{{"image", image_value(image_of(regions, filesystem.partition))},
                {"mountPoint", text(filesystem.mount_point)},
                {"fsType", text(filesystem.type)},
                {"fsUuid", text(filesystem.uuid)},
                {"partType", filesystem.partition_type.to_string()},
                {"verity", std::move(verity)}};
}

Value disk_value(std::uint64_t disk_size, const std::vector<Region>& regions) {
  Array list;
  for (const Region& region : regions) {
    Object object{{"image", image_value(region.image)},
                  {"type", region.partition == 0 ? "primary-gpt" : "partition"}};
    if (region.partition != 0) object.emplace_back("number", region.partition);
    list.push_back(std::move(object));
  }
  return Object{
      {"size", disk_size}, {"type", "gpt"}, {"lbaSize", 512}, {"gptRegions", std::move(list)}};
}

Value packages_value(const std::vector<model::Nevra>& packages) {
  Array list;
  for (const model::Nevra& package : packages)
    list.push_back(Object{{"name", text(package.name)},
                          {"version", text(package.version)},
                          {"release", text(package.release)},
                          {"arch", text(package.architecture)}});
  return list;
}

Value boot_loader_value(const std::vector<model::DescribedBootEntry>& entries) {
  if (entries.empty()) return Object{{"type", k_menu_in_boot}};
  Array list;
  for (const model::DescribedBootEntry& entry : entries)
    list.push_back(Object{{"type", entry.is_unified ? "uki-standalone" : "config"},
                          {"path", text(entry.path)},
                          {"cmdline", text(entry.command_line)},
                          {"kernel", text(entry.kernel)}});
  return Object{{"type", "systemd-boot"}, {"systemdBoot", Object{{"entries", std::move(list)}}}};
}

} // namespace

Metadata parse_metadata(std::string_view text, const std::string& name) {
  return Parser(name).parse(text);
}

std::string metadata_text(const model::DiskDescription& description, std::uint64_t disk_size,
                          const std::vector<Region>& regions) {
  Array filesystems;
  for (const model::DescribedFilesystem& each : description.filesystems)
    filesystems.push_back(filesystem_value(each, regions));
  return json::to_text(Object{{"version", "1.2"},
                              {"osArch", description.architecture->cosi_name},
                              {"osRelease", text(description.os_release)},
                              {"id", description.id.to_string()},
                              {"disk", disk_value(disk_size, regions)},
                              {"images", std::move(filesystems)},
                              {"osPackages", packages_value(description.packages)},
                              {"bootloader", boot_loader_value(description.boot_entries)},
                              {"compression", Object{{"maxWindowLog", k_window}}}});
}

} // namespace imagewright::image::cosi
