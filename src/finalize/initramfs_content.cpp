// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include <sys/stat.h>

#include <imagewright/archive/initramfs_reader.hpp>
#include <imagewright/archive/tar_reader.hpp>
#include <imagewright/base/follow_links.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/finalize/initramfs_content.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "added_sections_job.hpp"
#include "archive_members.hpp"
#include "elf_needs.hpp"
#include "file_name.hpp"

namespace imagewright::finalize {

namespace {

constexpr std::string_view k_job = "read-initramfs";
/// Far beyond what boot loaders and firmware load.
constexpr base::ByteSize k_largest = base::ByteSize::gib(4);
constexpr const char* k_dracut_modules = "usr/lib/dracut/modules.txt";
constexpr mode_t k_executable = 0111;

/// All files of one initramfs, and what they ask of each other.
class Collector {
public:
  void take(const archive::InitramfsMember& member) {
    Name& name = names_["/" + member.path];
    name.mode = member.mode;
    name.target = S_ISLNK(member.mode) ? std::optional(member.content) : std::nullopt;
    if (member.path == k_dracut_modules)
      content_.dracut_modules = base::split_whitespace(member.content);
    if (const std::string module = kernel_module_name(member.path); !module.empty())
      modules_.insert(module);
    if (!S_ISREG(member.mode)) return;
    if (auto needs = find_elf_needs(member.content)) needs_["/" + member.path] = std::move(*needs);
  }

  InitramfsContent judge() {
    const auto init = find_real("/init");
    content_.has_init =
        init && S_ISREG(names_.at(*init).mode) && (names_.at(*init).mode & k_executable) != 0;
    const std::multimap<std::string, std::string> libraries = find_libraries();
    // Plug-ins that no program needs may well lack something: then they are not loaded.
    std::vector<std::string> to_judge;
    std::set<std::string> judged;
    for (const auto& [path, needs] : needs_) {
      if (!needs.interpreter.empty()) to_judge.push_back(path);
    }
    while (!to_judge.empty()) {
      const std::string path = std::move(to_judge.back());
      to_judge.pop_back();
      const auto needs = needs_.find(path);
      if (needs == needs_.end() || !judged.insert(path).second) continue;
      const std::string& interpreter = needs->second.interpreter;
      if (!interpreter.empty() && !find_real(interpreter))
        content_.missing.push_back({path, interpreter});
      for (const std::string& library : needs->second.libraries) {
        const auto [first, last] = libraries.equal_range(library);
        if (first == last) content_.missing.push_back({path, library});
        for (auto found = first; found != last; ++found)
          to_judge.push_back(found->second);
      }
    }
    std::ranges::sort(content_.missing);
    content_.kernel_modules.assign(modules_.begin(), modules_.end());
    return std::move(content_);
  }

private:
  struct Name {
    mode_t mode = 0;
    std::optional<std::string> target;
  };

  std::optional<std::string> find_real(std::string_view path) const {
    return base::follow_links(path,
                              [this](const std::string& wanted) -> std::optional<base::FoundName> {
                                const auto found = names_.find(wanted);
                                if (found == names_.end()) return std::nullopt;
                                return base::FoundName{.link_target = found->second.target};
                              });
  }

  /// The files behind each name, wherever they stand, as programs may look in places of their own;
  /// links that lead nowhere are none.
  std::multimap<std::string, std::string> find_libraries() {
    std::multimap<std::string, std::string> libraries;
    std::set<std::string> directories;
    for (const auto& [path, name] : names_) {
      const std::string last = file_name_of(path);
      if (last.find(".so") == std::string::npos || S_ISDIR(name.mode)) continue;
      const auto real = find_real(path);
      if (!real) continue;
      libraries.emplace(last, *real);
      directories.insert(path.substr(0, path.size() - last.size()));
    }
    content_.library_directories.assign(directories.begin(), directories.end());
    return libraries;
  }

  std::map<std::string, Name> names_;
  std::map<std::string, ElfNeeds> needs_;
  std::set<std::string> modules_;
  InitramfsContent content_;
};

std::string encode(const InitramfsContent& content) {
  sandbox::ByteWriter writer;
  writer.number(content.has_init ? 1 : 0);
  writer.number(content.missing.size());
  for (const MissingNeed& need : content.missing)
    writer.text(need.path).text(need.needed);
  writer.texts(content.library_directories).texts(content.kernel_modules);
  return writer.texts(content.dracut_modules).take();
}

InitramfsContent decode(std::string_view bytes) {
  sandbox::ByteReader reader(bytes);
  InitramfsContent content;
  content.has_init = reader.number() != 0;
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    std::string path = reader.text();
    content.missing.push_back({std::move(path), reader.text()});
  }
  content.library_directories = reader.texts();
  content.kernel_modules = reader.texts();
  content.dracut_modules = reader.texts();
  if (!reader.at_end()) throw base::BugError("it says more than it was asked");
  return content;
}

std::string read_handed(const sandbox::WorkerCall& call) {
  if (call.descriptors.size() != 1) throw base::BugError("an initramfs is one file");
  Collector collector;
  archive::read_initramfs(call.descriptors.front(), std::string(call.request), k_largest,
                          [&](const archive::InitramfsMember& member) { collector.take(member); });
  return encode(collector.judge());
}

} // namespace

std::string kernel_module_name(std::string_view path) {
  std::string name = file_name_of(path);
  const std::size_t end = name.find(".ko");
  const std::string_view rest = end == std::string::npos ? "" : std::string_view(name).substr(end);
  if (rest != ".ko" && rest != ".ko.xz" && rest != ".ko.gz" && rest != ".ko.zst") return {};
  name.resize(end);
  std::ranges::replace(name, '-', '_');
  return name;
}

InitramfsContent read_initramfs_content(int fd, const std::string& name,
                                        const base::Cancellation& cancellation) {
  return sandbox::ask_worker({.job = k_job,
                              .subject = "the initramfs " + base::quoted(name),
                              .request = name,
                              .descriptors = {fd}},
                             cancellation, &decode);
}

std::span<const sandbox::WorkerJob> worker_jobs() {
  static constexpr std::array jobs{
      sandbox::WorkerJob{.name = k_job, .run = &read_handed},
      sandbox::WorkerJob{.name = k_added_sections_job, .run = &write_added_sections},
      sandbox::WorkerJob{.name = k_archive_members_job,
                         .run = &write_archive_members,
                         .prepare = &archive::prepare_to_read_tar}};
  return jobs;
}

} // namespace imagewright::finalize
