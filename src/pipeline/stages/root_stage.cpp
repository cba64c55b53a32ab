// SPDX-License-Identifier: MIT
#include "root_stage.hpp"

#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/install/nevra_codec.hpp>
#include <imagewright/report/stage_scope.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "kept_warnings.hpp"

namespace imagewright::pipeline {

namespace {

constexpr auto k_stage = "root";

/// The root itself is not in it: that stands where this build has it.
std::string text_of(const model::InstalledRoot& installed, const root::Snapshot& snapshot,
                    const std::vector<base::Diagnostic>& warnings) {
  // A member that is added has to be thought about here. Scriptlets ran in that build, not in this.
  const auto& [path, packages, scriptlets, kernel_packages, owned_identity_files, packaged] =
      installed;
  sandbox::ByteWriter writer;
  writer.text(to_bytes(snapshot)).text(to_bytes(warnings)).number(packages.size());
  for (const model::Nevra& package : packages)
    install::write_nevra(writer, package);
  writer.number(kernel_packages.size());
  for (const auto& [package, release] : kernel_packages)
    writer.text(package).text(release);
  writer.texts(owned_identity_files);
  return writer.take();
}

struct KeptRoot {
  model::InstalledRoot installed;
  std::optional<root::Snapshot> snapshot;
  std::vector<base::Diagnostic> warnings;
};

KeptRoot kept_root(std::string_view text) {
  KeptRoot kept;
  sandbox::ByteReader reader(text);
  kept.snapshot = root::snapshot_from(reader.text());
  kept.warnings = warnings_from(reader.text());
  for (std::uint64_t count = reader.number(); count != 0; --count)
    kept.installed.packages.push_back(install::read_nevra(reader));
  for (std::uint64_t count = reader.number(); count != 0; --count) {
    std::string package = reader.text();
    kept.installed.kernel_packages.push_back({std::move(package), reader.text()});
  }
  kept.installed.owned_identity_files = reader.texts();
  return kept;
}

void empty(root::WorkRoot& root) {
  root.take_over({});
  for (const std::string& name : root.files().list("/"))
    root.files().remove_tree("/" + name);
}

std::optional<MadeRoot> lay_out(root::WorkRoot& root, std::string_view text, StageCache& cache,
                                const plan::Services& services) {
  KeptRoot kept = kept_root(text);
  if (!kept.snapshot) {
    cache.reject(k_stage, "what was kept is no root");
    return std::nullopt;
  }
  report::StageScope stage(services.reporter, "reuse-root");
  StageContents contents(*cache.store());
  try {
    MadeRoot made{.installed = std::move(kept.installed),
                  .known = root::lay_out(*kept.snapshot, root, contents,
                                         {services.thread_count, services.cancellation})};
    made.installed.path = root.options().directory;
    for (const base::Diagnostic& warning : kept.warnings)
      services.reporter.warning(warning);
    stage.set_summary(fmt::format("{} files of an earlier build", kept.snapshot->entries.size()));
    return made;
  } catch (const base::Error& error) {
    if (error.diagnostic().code == "fs.disk-full") throw;
    cache.reject(k_stage, error.diagnostic().message);
  }
  empty(root);
  return std::nullopt;
}

} // namespace

MadeRoot obtain_root(root::WorkRoot& root, const StageInputs& inputs, StageCache& cache,
                     const plan::Services& services,
                     const std::function<model::InstalledRoot(report::Reporter&)>& install) {
  if (const auto text = cache.find(k_stage, inputs)) {
    if (auto made = lay_out(root, *text, cache, services)) return std::move(*made);
  }
  KeptWarnings warnings(services.reporter);
  MadeRoot made{.installed = install(warnings), .known = {}};
  cache.keep(k_stage, inputs, [&] {
    report::StageScope stage(services.reporter, "keep-root");
    StageContents contents(*cache.store());
    auto [snapshot, known] =
        root::take_snapshot(root, contents, {services.thread_count, services.cancellation});
    made.known = std::move(known);
    return text_of(made.installed, snapshot, warnings.all());
  });
  return made;
}

} // namespace imagewright::pipeline
