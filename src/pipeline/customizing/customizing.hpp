// SPDX-License-Identifier: MIT
#pragma once

// What customizing knows once config and base are read.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/finalize/plan.hpp>
#include <imagewright/inspect/system_facts.hpp>
#include <imagewright/origin/base_image.hpp>
#include <imagewright/origin/rewritten_disk.hpp>
#include <imagewright/pipeline/customize.hpp>
#include <imagewright/plan/build_inputs.hpp>
#include <imagewright/plan/customize_packages.hpp>
#include <imagewright/plan/customize_plan.hpp>
#include <imagewright/sandbox/privilege.hpp>

#include "known_base.hpp"
#include "pipeline/install_request.hpp"

namespace imagewright::pipeline {

struct Customizing {
  plan::CustomizePlan plan;
  std::unique_ptr<origin::BaseImage> base;
  std::unique_ptr<KnownBase> known_base;         ///< null: nothing is kept of what is found out
  std::optional<model::ImageFormat> base_format; ///< as it was asked for
  /// The base's, but for partitions that grow.
  model::DiskLayout layout;
  inspect::SystemFacts system;
  base::Digest digest; ///< of the base's disk
  plan::BuildInputs inputs;
  /// Absent: nothing is said about packages.
  std::optional<plan::CustomizedPackages> packages;
  std::string base_reference; ///< in a registry, with its digest; empty: it is a file
  lock::BaseLock lock;        ///< what stays, goes and comes, whether a file has said it or not
  finalize::FinalizePlan root;
  /// What comes, where it was fetched already; absent: it is fetched when it is needed.
  std::optional<FetchedPackages> fetched;
};

/// What becomes of it, and where.
struct CustomizingPlace {
  std::filesystem::path directory;          ///< of the artifacts
  sandbox::Rung rung = sandbox::Rung::root; ///< as people know it, for the report
  /// Makes the emulator known to more than the sandboxes that are told of it; may be empty.
  std::function<sandbox::Emulator(sandbox::Emulator)> register_emulator;
};

/// Everything that can be refused is refused here, but for what depends on the base's files.
Customizing prepare_customizing(const CustomizeOptions& options, const plan::Services& services);

/// The same for files that go back into an image.
Customizing prepare_injection(const InjectOptions& options, const plan::Services& services);
/// The newest time of the system's own files: what is made new is as old as that.
base::Epoch newest_time(const origin::BaseImage& base);

/// Carries it out and publishes.
CustomizeResult carry_out(const Customizing& customizing, const CustomizingPlace& place,
                          EmulationUse emulation, const plan::Services& services);

/// Fetches what the config names by addresses.
void fetch_files_of(Customizing& customizing, plan::NetworkUse network,
                    const plan::Services& services);

/// Does what customize() does on the rung of the options, as whoever this process is: root already,
/// or as good as, or somebody whose machine does it.
CustomizeResult customize_as_root(const CustomizeOptions& options, const plan::Services& services);

/// What becomes of hashes that the base has.
origin::VerityHashes verity_hashes_of(const Customizing& customizing);
/// Devices of the layout that the base has not.
std::vector<origin::NewVerity> new_verity_of(const Customizing& customizing);

/// Of a partition of the base, once it has grown.
base::ByteSize size_of(const Customizing& customizing, const origin::BasePartition& partition);

/// In sentences, in the order of the steps.
std::vector<std::string> actions_of(const finalize::FinalizePlan& plan);

} // namespace imagewright::pipeline
