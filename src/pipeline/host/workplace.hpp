// SPDX-License-Identifier: MIT
#pragma once

// Where one image is made, and what of it is published.

#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include <imagewright/audit/manifest.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/fs/claimed_directory.hpp>
#include <imagewright/fs/publication.hpp>
#include <imagewright/image/unsigned_files.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/model/artifact.hpp>
#include <imagewright/model/layout.hpp>
#include <imagewright/model/os_config.hpp>
#include <imagewright/model/output_config.hpp>
#include <imagewright/plan/build_plan.hpp>
#include <imagewright/repo/repository_set.hpp>
#include <imagewright/tree/root_tree.hpp>

namespace imagewright::pipeline {

/// What an image is made from, by the plan: its files that no output may replace.
std::vector<std::filesystem::path> inputs_to_keep(const plan::BuildPlan& plan);

/// One image at work: its directories are gone with it.
struct Workplace {
  /// Throws base::Error (fs.output-is-input) when an output of the plan would replace one of the
  /// inputs; others than the plan's are `more_inputs`.
  Workplace(const std::filesystem::path& output_directory, const plan::BuildPlan& plan,
            const std::vector<std::filesystem::path>& more_inputs = {});

  /// Another name in each workplace: see fs::let_directories_lie_apart.
  std::filesystem::path root() const;
  std::filesystem::path raw() const { return work.path() / "disk.raw"; }

  fs::Publication publication;
  fs::ClaimedDirectory work;
  fs::ClaimedDirectory logs;
};

/// A log that the message names stays for as long as nobody builds there again.
void keep_named_log(Workplace& place, const base::Error& error);

/// What a manifest says of the files that a config fetches; of several for one place the last.
std::vector<audit::FetchedFile> fetched_files_of(const model::OsConfig& os);

/// The artifacts as a manifest remembers them.
std::vector<audit::ArtifactRecord> records_of(const std::vector<model::Artifact>& artifacts);

/// The keys that a node may know an update by.
std::vector<audit::PackageKey> package_keys(const std::vector<repo::RepositoryKeys>& repositories);

void stage_text(fs::Publication& publication, const std::string& name, const std::string& text);
/// The report of a run, for programs and as a page for people. `name` is NAME-ARCH.
void stage_report(fs::Publication& publication, const std::string& name, const std::string& report);
/// The manifest and the bills of materials, under the manifest's name.
void stage_manifest(fs::Publication& publication, const audit::Manifest& manifest);
/// What scripts have left, as files that begin with the manifest's name.
void stage_script_files(fs::Publication& publication, const audit::Manifest& manifest,
                        const std::vector<model::ScriptFile>& files);
/// What a manifest says of them.
std::vector<audit::ScriptFileRecord> records_of(const std::vector<model::ScriptFile>& files,
                                                const std::string& name);
/// Boot files that are signed elsewhere, beside the list of where they go back to; a publication of
/// its own, since they have a directory of their own.
struct UnsignedFiles {
  const model::OutputArtifacts& wanted;
  image::UnsignedImage image;
};
std::unique_ptr<fs::Publication> stage_unsigned_files(const UnsignedFiles& files);

/// The policy of SELinux that the image has, below a directory of its type. Throws base::Error
/// (pipeline.no-selinux-policy).
std::unique_ptr<fs::Publication> stage_selinux_policy(const tree::RootTree& tree,
                                                      const std::filesystem::path& directory);

/// Files that were written to their staged paths.
void add_artifacts(fs::Publication& publication, const std::vector<model::Artifact>& artifacts);

/// What is there now: of all publications, or of none. Those that are null have nothing to publish.
std::vector<fs::PublishedFile> publish_with(fs::Publication& publication,
                                            std::initializer_list<fs::Publication*> others);

} // namespace imagewright::pipeline
