// SPDX-License-Identifier: MIT
#include "workplace.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <string_view>

#include <imagewright/audit/cyclonedx.hpp>
#include <imagewright/audit/report_page.hpp>
#include <imagewright/audit/spdx.hpp>
#include <imagewright/base/key_value.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/placement.hpp>
#include <imagewright/fs/unfinished_file.hpp>
#include <imagewright/image/unsigned_files.hpp>
#include <imagewright/json/value.hpp>
#include <imagewright/plan/output_format.hpp>

namespace imagewright::pipeline {

namespace {

constexpr std::string_view k_work_prefix = ".imagewright-work-";

} // namespace

Workplace::Workplace(const std::filesystem::path& output_directory)
    : publication(output_directory), work(output_directory, k_work_prefix),
      logs(output_directory, ".imagewright-logs-") {
  fs::let_directories_lie_apart(work.path());
  std::filesystem::create_directories(root());
}

std::filesystem::path Workplace::root() const {
  return work.path() / ("root-" + work.path().filename().string().substr(k_work_prefix.size()));
}

void keep_named_log(Workplace& place, const base::Error& error) {
  if (error.diagnostic().log.starts_with(place.logs.path().string() + "/")) place.logs.abandon();
}

std::vector<audit::FetchedFile> fetched_files_of(const model::OsConfig& os) {
  std::vector<audit::FetchedFile> files;
  for (const model::AdditionalFile& file : os.additional_files) {
    std::erase_if(files, [&](const audit::FetchedFile& earlier) {
      return earlier.destination == file.destination && !earlier.stripped_components &&
             !file.unpacking;
    });
    if (!file.remote) continue;
    files.push_back({.destination = file.destination,
                     .url = base::without_secrets(file.remote->url),
                     .digest = file.remote->digest});
    if (file.unpacking) files.back().stripped_components = file.unpacking->stripped_components;
  }
  return files;
}

std::vector<audit::ArtifactRecord> records_of(const std::vector<model::Artifact>& artifacts) {
  std::vector<audit::ArtifactRecord> records;
  for (const model::Artifact& artifact : artifacts) {
    records.push_back({artifact.path.filename().string(), artifact.format, artifact.virtual_size,
                       artifact.file_size, artifact.digest});
  }
  return records;
}

std::vector<audit::PackageKey> package_keys(const std::vector<repo::RepositoryKeys>& repositories) {
  std::vector<audit::PackageKey> keys;
  for (const repo::RepositoryKeys& of_repository : repositories) {
    for (const std::string& key : of_repository.keys)
      keys.push_back({of_repository.repository, key});
  }
  return keys;
}

void stage_text(fs::Publication& publication, const std::string& name, const std::string& text) {
  // Publishing syncs it with everything else.
  fs::UnfinishedFile file(publication.staged_path(name));
  fs::write_exactly(file.fd(), std::as_bytes(std::span(text)), 0, file.path().string());
  file.keep();
  publication.add(name, base::digest_of(text));
}

void stage_report(fs::Publication& publication, const std::string& name,
                  const std::string& report) {
  const std::string file = name + std::string(audit::k_report_suffix);
  stage_text(publication, file, report);
  stage_text(publication, name + std::string(audit::k_report_page_suffix),
             audit::report_page(json::parse(report, file)));
}

void stage_manifest(fs::Publication& publication, const audit::Manifest& manifest) {
  const std::string name = manifest.name + "-" + manifest.architecture;
  stage_text(publication, name + ".manifest.json", audit::to_text(manifest));
  stage_text(publication, name + ".spdx.json", audit::to_spdx(manifest));
  stage_text(publication, name + ".cdx.json", audit::to_cyclonedx(manifest));
}

void stage_script_files(fs::Publication& publication, const audit::Manifest& manifest,
                        const std::vector<model::ScriptFile>& files) {
  const std::string name = manifest.name + "-" + manifest.architecture;
  for (const model::ScriptFile& file : files)
    stage_text(publication, plan::script_file_name(name, file.name), file.content);
}

std::vector<audit::ScriptFileRecord> records_of(const std::vector<model::ScriptFile>& files,
                                                const std::string& name) {
  std::vector<audit::ScriptFileRecord> records;
  for (const model::ScriptFile& file : files) {
    records.push_back({plan::script_file_name(name, file.name), base::ByteSize(file.content.size()),
                       base::digest_of(file.content)});
  }
  return records;
}

std::unique_ptr<fs::Publication> stage_unsigned_files(const UnsignedFiles& files) {
  const std::vector<image::UnsignedFile> found =
      image::find_unsigned_files(files.image, files.wanted.items);
  auto publication = std::make_unique<fs::Publication>(files.wanted.path);
  const std::filesystem::path staging = publication->staged_path("");
  for (const image::UnsignedFile& file : found) {
    image::write_unsigned_file(file, files.image.tree, staging);
    publication->add(file.name);
  }
  stage_text(*publication, "inject-files.yaml", image::inject_files_text(found));
  return publication;
}

std::vector<fs::PublishedFile> publish_with(fs::Publication& publication,
                                            std::initializer_list<fs::Publication*> others) {
  std::vector<fs::Publication*> all{&publication};
  std::ranges::copy_if(others, std::back_inserter(all),
                       [](const fs::Publication* other) { return other != nullptr; });
  return fs::Publication::publish_all(all);
}

std::unique_ptr<fs::Publication> stage_selinux_policy(const tree::RootTree& tree,
                                                      const std::filesystem::path& directory) {
  const tree::ContentReader contents(tree);
  const tree::Inode* config = tree.find("/etc/selinux/config");
  constexpr std::uint64_t longest = std::uint64_t{1} << 20U;
  std::string text;
  if (config != nullptr && config->type == fs::FileType::regular && config->size <= longest) {
    text.resize(config->size);
    fs::read_exactly(contents.open(*config).get(), std::as_writable_bytes(std::span(text)), 0,
                     "/etc/selinux/config");
  }
  const std::string type = base::find_value(text, "SELINUXTYPE").value_or("");
  const std::string top = "/etc/selinux/" + type + "/";
  auto publication = std::make_unique<fs::Publication>(directory);
  const std::filesystem::path staging = publication->staged_path("");
  bool has_files = false;
  for (const tree::Entry& entry : tree.entries) {
    const bool is_of_policy = !type.empty() && entry.path.starts_with(top) &&
                              tree.inodes[entry.inode].type == fs::FileType::regular;
    if (!is_of_policy) continue;
    const std::string name = type + "/" + entry.path.substr(top.size());
    image::copy_out(tree, entry.path, staging / name);
    publication->add(name);
    has_files = true;
  }
  if (has_files) return publication;
  throw base::Error(base::FailureKind::input, "pipeline.no-selinux-policy",
                    "output.selinuxPolicyPath asks for the policy of SELinux, and the image has "
                    "none",
                    "install the release's SELinux policy with os.packages.install");
}

void add_artifacts(fs::Publication& publication, const std::vector<model::Artifact>& artifacts) {
  for (const model::Artifact& artifact : artifacts)
    publication.add(artifact.path.filename().string(), artifact.digest);
}

} // namespace imagewright::pipeline
