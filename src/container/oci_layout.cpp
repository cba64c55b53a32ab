// SPDX-License-Identifier: MIT
#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

#include "container/reading.hpp"

namespace imagewright::container {

namespace {

constexpr int k_deepest_index = 4;

bool is_index(std::string_view media_type) {
  return media_type == "application/vnd.oci.image.index.v1+json" ||
         media_type == "application/vnd.docker.distribution.manifest.list.v2+json";
}

bool is_manifest(std::string_view media_type) {
  return media_type == "application/vnd.oci.image.manifest.v1+json" ||
         media_type == "application/vnd.docker.distribution.manifest.v2+json";
}

class LayoutReader {
public:
  explicit LayoutReader(const Question& question) : question_(question) {}

  Found read() {
    const std::filesystem::path file = question_.directory / "index.json";
    auto text = find_document(file);
    if (!text) {
      throw base::Error(
          base::FailureKind::input, "container.not-found",
          fmt::format("{} has no index.json", source_text(question_.wanted)),
          "name a directory that for example \"skopeo copy SOURCE oci:DIRECTORY\" has "
          "made");
    }
    const std::string where = "index.json of " + source_text(question_.wanted);
    Descriptor entry =
        choose(read_index({std::move(*text), where}, question_.options.cancellation));
    const std::string name = !entry.full_name.empty() ? entry.full_name : entry.name;
    if (is_index(entry.media_type)) index_ = entry.digest;
    for (int depth = 0; is_index(entry.media_type); ++depth) {
      if (depth == k_deepest_index) throw_damaged(where + " has lists within lists without end");
      entry = of_architecture(entry);
    }
    if (!is_manifest(entry.media_type)) {
      throw_unsupported(fmt::format("{} has something of the kind {}, which is no image",
                                    source_text(question_.wanted), base::quoted(entry.media_type)));
    }
    Image image = image_of_manifest(
        question_, find_small_blob(question_.directory, entry, question_.options.cancellation));
    image.identity.index = index_;
    return {std::move(image), name};
  }

private:
  /// By the tag or name that is asked for; without one there must be one thing only.
  Descriptor choose(std::vector<Descriptor> entries) const {
    // What was fetched from a registry has one image, whose name is in the config.
    const bool is_fetched = question_.wanted.source == model::ContainerSource::registry;
    const std::string wanted = is_fetched ? std::string() : question_.wanted.selection;
    std::set<std::string> names;
    for (const Descriptor& entry : entries) {
      if (!entry.name.empty()) names.insert(entry.name);
    }
    if (!wanted.empty()) {
      std::erase_if(entries, [&](const Descriptor& entry) {
        return entry.name != wanted && entry.full_name != wanted;
      });
    }
    if (entries.empty()) throw_not_found(names);
    // Some layouts have one entry for each architecture and none for the whole.
    const auto fits = [&](const Descriptor& entry) { return !is_other_platform(entry); };
    if (entries.size() > 1) {
      std::vector<Descriptor> fitting;
      std::ranges::copy_if(entries, std::back_inserter(fitting), fits);
      if (fitting.empty()) throw_no_architecture(entries);
      entries = std::move(fitting);
    }
    const auto is_same = [&](const Descriptor& entry) {
      return entry.digest == entries.front().digest;
    };
    if (std::ranges::all_of(entries, is_same)) return entries.front();
    throw_ambiguous(names);
  }

  bool is_other_platform(const Descriptor& entry) const {
    return !entry.architecture.empty() &&
           (entry.architecture != question_.options.architecture.container_name ||
            (!entry.system.empty() && entry.system != "linux"));
  }

  Descriptor of_architecture(const Descriptor& index) const {
    const Blob blob = find_small_blob(question_.directory, index, question_.options.cancellation);
    const std::vector<Descriptor> entries = read_index(
        {blob.content, "the index " + blob.digest.to_string()}, question_.options.cancellation);
    for (const Descriptor& entry : entries) {
      if (!entry.architecture.empty() && !is_other_platform(entry)) return entry;
    }
    // One that does not say what it is for is asked itself, when there is no other.
    if (entries.size() == 1 && entries.front().architecture.empty()) return entries.front();
    throw_no_architecture(entries);
  }

  [[noreturn]] void throw_no_architecture(const std::vector<Descriptor>& entries) const {
    std::set<std::string> platforms;
    for (const Descriptor& entry : entries) {
      // Attestations stand among the images as "unknown".
      if (!entry.architecture.empty() && entry.architecture != "unknown")
        platforms.insert(entry.system + "/" + entry.architecture);
    }
    const std::vector<std::string> words(platforms.begin(), platforms.end());
    throw base::Error(base::FailureKind::input, "container.no-architecture",
                      fmt::format("{} has no image for linux/{}{}", source_text(question_.wanted),
                                  question_.options.architecture.container_name,
                                  words.empty() ? "" : "; it has " + base::join(words, ", ")),
                      "take the image with all of its architectures, for example with: skopeo copy "
                      "--all");
  }

  [[noreturn]] void throw_not_found(const std::set<std::string>& names) const {
    const std::vector<std::string> words(names.begin(), names.end());
    throw base::Error(base::FailureKind::input, "container.not-found",
                      fmt::format("{} has no image {}", source_text(question_.wanted),
                                  base::quoted(question_.wanted.selection)),
                      words.empty() ? "leave out the tag: none of its images has one"
                                    : "it has: " + base::join(words, ", "));
  }

  [[noreturn]] void throw_ambiguous(const std::set<std::string>& names) const {
    const std::vector<std::string> words(names.begin(), names.end());
    throw base::Error(base::FailureKind::input, "container.ambiguous",
                      fmt::format("{} has several images", source_text(question_.wanted)),
                      words.empty()
                          ? "keep one image in each layout"
                          : "add one of its tags after a colon: " + base::join(words, ", "));
  }

  const Question& question_;
  std::optional<base::Digest> index_;
};

} // namespace

Found read_oci_layout(const Question& question) {
  return LayoutReader(question).read();
}

} // namespace imagewright::container
