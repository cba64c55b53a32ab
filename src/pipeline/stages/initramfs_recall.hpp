// SPDX-License-Identifier: MIT
#pragma once

// The initramfs of an earlier build, where everything was the same that dracut could read.

#include <string>

#include <imagewright/finalize/finalize.hpp>
#include <imagewright/plan/services.hpp>
#include <imagewright/root/known_content.hpp>

#include "stage_cache.hpp"

namespace imagewright::pipeline {

class InitramfsRecall final : public finalize::FileRecall {
public:
  /// All are borrowed. `inputs` are those beside the root and the request.
  InitramfsRecall(const StageInputs& inputs, const root::KnownContent& known, StageCache& cache,
                  const plan::Services& services)
      : inputs_(inputs), known_(known), cache_(cache), services_(services) {}

  void obtain(root::WorkRoot& root, const std::string& stage, const std::string& request,
              const std::string& path, const std::function<void()>& make) override;

private:
  /// `own` is what the request makes.
  StageInputs inputs_of(const root::WorkRoot& root, const std::string& request,
                        const std::string& own) const;
  bool lay_out(root::WorkRoot& root, const std::string& stage, const std::string& path,
               std::string_view kept);
  void keep(const root::WorkRoot& root, const std::string& stage, const StageInputs& inputs,
            const std::string& path, const std::map<std::string, timespec>& times_before);

  const StageInputs& inputs_;
  const root::KnownContent& known_;
  StageCache& cache_;
  const plan::Services& services_;
};

} // namespace imagewright::pipeline
