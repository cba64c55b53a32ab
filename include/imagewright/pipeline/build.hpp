// SPDX-License-Identifier: MIT
#pragma once

// Composes images: the order of things, and nothing else.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <imagewright/base/byte_size.hpp>
#include <imagewright/fs/publication.hpp>
#include <imagewright/plan/build_plan.hpp>
#include <imagewright/plan/resolve_plan.hpp>
#include <imagewright/plan/services.hpp>
#include <imagewright/sandbox/privilege.hpp>

namespace imagewright::depot {
class Depot;
}

namespace imagewright::pipeline {

enum class RootDirectory : std::uint8_t {
  removed,
  kept, ///< as NAME-ARCH.root in the output directory
};

/// Which programs of an image run under an emulator.
enum class EmulationUse : std::uint8_t {
  automatic, ///< those of a foreign architecture for which there is no native one that does the
             ///< same
  full,      ///< all of a foreign architecture
  forced,    ///< all, even of the host's architecture
};

/// Whether stages are taken from earlier builds in which their inputs were the same.
enum class StageReuse : std::uint8_t {
  wanted,
  refused, ///< everything is made anew, and nothing is kept
};

/// The room that stages of earlier builds may take when nobody says otherwise.
inline constexpr base::ByteSize k_usual_stage_room = base::ByteSize::gib(10);

struct BuildOptions {
  plan::PlanOptions plan;
  plan::ResolveOptions resolve;
  /// Empty: as plan::output_directory_of says.
  std::filesystem::path output_directory;
  RootDirectory root_directory = RootDirectory::removed;
  EmulationUse emulation = EmulationUse::automatic;
  /// Absent: the first of the ladder that works here.
  std::optional<sandbox::Rung> rung;
  /// A kernel image or package for machines; empty: what find_guest_kernel finds.
  std::filesystem::path machine_kernel;
  /// One more copy of the report; empty: none.
  std::filesystem::path report_file;
  std::string tool_version;
  StageReuse stage_reuse = StageReuse::wanted;
  base::ByteSize stage_room = k_usual_stage_room;
  /// Borrowed; null: nothing is taken from other machines and nothing given to them. Only with
  /// stages that are wanted.
  depot::Depot* shared_cache = nullptr;
};

/// What a build made, in order.
struct BuildResult {
  std::vector<fs::PublishedFile> files;
  std::size_t package_count = 0; ///< in all images together
};

/// Composes the images of every architecture, one after the other. Throws base::InputError and
/// base::Error (pipeline.cannot-write-report before anything is done); then nothing of the failed
/// architecture is published.
BuildResult build(const BuildOptions& options, const plan::Services& services);

} // namespace imagewright::pipeline
