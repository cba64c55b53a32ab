// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <utility>

#include <fcntl.h>

#include <fmt/format.h>

#include <imagewright/archive/tar_reader.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/inspect/layer_packages.hpp>
#include <imagewright/sandbox/byte_codec.hpp>
#include <imagewright/sandbox/worker.hpp>

#include "container_packages.hpp"
#include "layer_job.hpp"

namespace imagewright::inspect {

namespace {

constexpr sandbox::WorkerLimits k_limits{.memory = base::ByteSize::gib(1),
                                         .time = std::chrono::minutes(60)};
constexpr base::ByteSize k_largest_layer = base::ByteSize::gib(64);
/// Of all files that list packages, in all layers.
constexpr std::uint64_t k_most_bytes = std::uint64_t{256} << 20U;
constexpr std::uint64_t k_most_packages = 200'000;
// OCI image layer specification, "Whiteouts".
constexpr std::string_view k_whiteout = ".wh.";
constexpr std::string_view k_opaque = ".wh..wh..opq";

fs::UniqueFd duplicate(int descriptor, const std::string& name) {
  fs::UniqueFd fd(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
  if (!fd) base::throw_system_error("fs.cannot-read", "cannot read", name, errno);
  return fd;
}

/// What the layers make of the files that matter, one layer over the other.
class Layers {
public:
  void add(fs::UniqueFd file, const std::string& name) {
    // What a layer hides is hidden of those below it alone.
    ListedFiles below = std::exchange(files_, {});
    const base::Cancellation never;
    archive::read_tar(
        std::move(file), name, k_largest_layer,
        [&](const archive::TarMember& member, const archive::MemberContent& content) {
          take(member, content, below);
        },
        never);
    files_.merge(below);
  }

  model::ContainerContents contents() const {
    model::ContainerContents contents = packages_in(files_);
    if (!complaint_.empty()) contents.unknown = complaint_;
    return contents;
  }

private:
  static void remove(ListedFiles& files, const std::string& path) {
    files.erase(path);
    std::erase_if(files, [&](const auto& file) { return file.first.starts_with(path + "/"); });
  }

  void take(const archive::TarMember& member, const archive::MemberContent& content,
            ListedFiles& below) {
    const auto path = archive::path_in_root(member.path);
    if (!path) return;
    const std::size_t slash = path->rfind('/');
    const std::string directory = path->substr(0, slash);
    const std::string name = path->substr(slash + 1);
    if (name == k_opaque) {
      std::erase_if(below,
                    [&](const auto& file) { return file.first.starts_with(directory + "/"); });
    } else if (name.starts_with(k_whiteout)) {
      remove(below, directory + "/" + name.substr(k_whiteout.size()));
    } else if (member.type != fs::FileType::directory) {
      remove(below, *path);
      remove(files_, *path);
      if (lists_packages(*path)) keep(*path, member, content);
    }
  }

  void keep(const std::string& path, const archive::TarMember& member,
            const archive::MemberContent& content) {
    // A link leads to one of the other places, or to one that nobody uses.
    if (member.type == fs::FileType::symlink) return;
    if (member.type != fs::FileType::regular || !member.hard_link.empty()) {
      complaint_ = base::escape_controls(path) + " is no file of its own";
      return;
    }
    std::string text = content(std::min<std::uint64_t>(member.size, k_most_bytes - size_ + 1));
    size_ += text.size();
    if (size_ > k_most_bytes || text.size() != member.size) {
      size_ = std::min(size_, k_most_bytes);
      complaint_ = base::escape_controls(path) + " is too large to be read";
      return;
    }
    files_[path] = std::move(text);
  }

  ListedFiles files_;
  std::uint64_t size_ = 0;
  std::string complaint_;
};

model::ContainerContents decode_contents(std::string_view bytes) {
  sandbox::ByteReader answer(bytes);
  model::ContainerContents contents;
  contents.distribution = answer.text();
  contents.distribution_version = answer.text();
  contents.unknown = answer.text();
  const std::uint64_t count = answer.number();
  if (count > k_most_packages) throw base::BugError("an image has too many packages");
  while (contents.packages.size() < count) {
    model::ContainerPackage& package = contents.packages.emplace_back();
    for (std::string* each :
         {&package.kind, &package.name, &package.version, &package.architecture, &package.source}) {
      *each = answer.text();
      if (base::escape_controls(*each) != *each) throw base::BugError("a text is no plain text");
    }
  }
  for (const std::string* each :
       {&contents.distribution, &contents.distribution_version, &contents.unknown}) {
    if (base::escape_controls(*each) != *each) throw base::BugError("a text is no plain text");
  }
  if (!answer.at_end()) throw base::BugError("there is more than the packages of an image");
  return contents;
}

} // namespace

std::string read_layers_in_worker(const sandbox::WorkerCall& call) {
  const std::string name(call.request);
  Layers layers;
  for (std::size_t index = 0; index < call.descriptors.size(); ++index)
    layers.add(duplicate(call.descriptors[index], name),
               fmt::format("layer {} of {}", index + 1, name));
  const model::ContainerContents contents = layers.contents();
  sandbox::ByteWriter answer;
  answer.text(contents.distribution)
      .text(contents.distribution_version)
      .text(contents.unknown)
      .number(contents.packages.size());
  for (const auto& [kind, package, version, architecture, source] : contents.packages)
    answer.text(kind).text(package).text(version).text(architecture).text(source);
  return answer.take();
}

model::ContainerContents read_layer_packages(std::span<const int> layers, const std::string& name,
                                             const base::Cancellation& cancellation) {
  return sandbox::ask_worker({.job = k_layers_job,
                              .subject = "the container image " + base::quoted(name),
                              .request = name,
                              .descriptors = {layers.begin(), layers.end()},
                              .limits = k_limits},
                             cancellation, &decode_contents);
}

} // namespace imagewright::inspect
