// SPDX-License-Identifier: MIT
#pragma once

// Stages of a build that were done before: found by all their inputs, or else by what keeps them
// from being found. Stages do not know of it.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <imagewright/cache/stage_store.hpp>
#include <imagewright/pipeline/build.hpp>
#include <imagewright/plan/services.hpp>
#include <imagewright/root/snapshot.hpp>

namespace imagewright::pipeline {

/// Everything that a stage may depend on, each by a name for people.
using StageInputs = std::map<std::string, std::string>;

std::string to_bytes(const StageInputs& inputs);
StageInputs stage_inputs_from(std::string_view bytes);

/// What became of one stage.
struct StageFinding {
  std::string stage;
  bool is_hit = false;
  std::string reason; ///< of a miss: which input changed

  bool operator==(const StageFinding&) const = default;
};

/// The content of files in the stage store.
class StageContents final : public root::ContentStore {
public:
  explicit StageContents(cache::StageStore& store) : store_(store) {}

  fs::FileContent put(int file, const std::string& name) override;
  /// Throws base::Error (pipeline.stage-damaged).
  void get(const fs::FileContent& content, int target, const std::string& name) override;

private:
  cache::StageStore& store_;
};

class StageCache {
public:
  /// `subject` is what is built, over and over again, for comparing inputs with those of its last
  /// build. The reporter must outlive it.
  StageCache(const BuildOptions& options, const plan::Services& services, std::string subject);

  /// Null when nothing is taken from earlier builds or kept for later ones.
  cache::StageStore* store() const { return store_.get(); }

  /// What the stage left when its inputs were these. Notes the finding.
  std::optional<std::string> find(const std::string& stage, const StageInputs& inputs);
  /// Keeps what a stage left. Gives up, with a warning, when the host refuses that.
  void keep(const std::string& stage, const StageInputs& inputs,
            const std::function<std::string()>& text);
  /// What find() gave does not fit after all, for this reason.
  void miss(const std::string& stage, const std::string& reason);
  /// It was missed here, but another machine had it.
  void find_elsewhere(const std::string& stage);
  /// What find() gave is damaged.
  void reject(const std::string& stage, const std::string& reason);
  /// When everything is kept: old things make room.
  void make_room();

  const std::vector<StageFinding>& findings() const { return findings_; }

private:
  /// For telling, when the next build misses, why.
  void remember(const std::string& stage, const StageInputs& inputs);
  std::string why_missed(const std::string& stage, const StageInputs& inputs) const;
  void warn_of_damage(const std::string& stage);

  report::Reporter& reporter_;
  std::string subject_;
  base::ByteSize room_;
  std::unique_ptr<cache::StageStore> store_;
  std::string off_reason_;
  std::vector<StageFinding> findings_;
  bool has_kept_ = false;
  bool has_warned_ = false;
};

/// Which inputs are others than they were, in words: "package curl, users and 3 more".
std::string differences_between(const StageInputs& before, const StageInputs& now);

} // namespace imagewright::pipeline
