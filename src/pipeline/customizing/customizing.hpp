// SPDX-License-Identifier: MIT
#pragma once

// What customizing knows once config and base are read.

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

namespace imagewright::pipeline {

struct Customizing {
  plan::CustomizePlan plan;
  std::unique_ptr<origin::BaseImage> base;
  std::optional<model::ImageFormat> base_format; ///< as it was asked for
  inspect::SystemFacts system;
  base::Digest digest; ///< of the base's disk
  plan::BuildInputs inputs;
  /// Absent: nothing is said about packages.
  std::optional<plan::CustomizedPackages> packages;
  std::string base_reference; ///< in a registry, with its digest; empty: it is a file
  lock::BaseLock lock;        ///< what stays, goes and comes, whether a file has said it or not
  finalize::FinalizePlan root;
};

/// Everything that can be refused is refused here, but for what depends on the base's files.
Customizing prepare_customizing(const CustomizeOptions& options, const plan::Services& services);

/// The same for files that go back into an image.
Customizing prepare_injection(const InjectOptions& options, const plan::Services& services);
/// The newest time of the system's own files: what is made new is as old as that.
base::Epoch newest_time(const origin::BaseImage& base);

/// Does what customize() does, as whoever this process is: root already, or as good as.
CustomizeResult customize_as_root(const CustomizeOptions& options, const plan::Services& services);

/// What becomes of hashes that the base has.
origin::VerityHashes verity_hashes_of(const Customizing& customizing);
/// Devices of the layout that the base has not.
std::vector<origin::NewVerity> new_verity_of(const Customizing& customizing);

/// In sentences, in the order of the steps.
std::vector<std::string> actions_of(const finalize::FinalizePlan& plan);

} // namespace imagewright::pipeline
