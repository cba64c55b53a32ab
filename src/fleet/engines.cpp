// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/fleet/engines.hpp>

#include "engine_jobs.hpp"

namespace imagewright::fleet {

namespace {

using Render = std::string (*)(const UnitList& list, const EngineRequest& request);

std::string as_json(const UnitList& list, const EngineRequest&) {
  return to_text(list);
}

struct EngineRow {
  std::string_view word;
  std::string_view title;
  std::optional<std::uint64_t> limit; ///< units in one go; absent: the engine has none
  std::string_view limit_name;        ///< what the limit is one of
  Render render;
};

constexpr std::array k_engines{
    EngineRow{"json", "a file", std::nullopt, "", as_json},
    EngineRow{"github", "GitHub Actions", 256, "jobs of one matrix", github_matrix},
    EngineRow{"gitlab", "GitLab", 200, "jobs of one parallel:matrix", gitlab_pipeline},
    EngineRow{"azure", "Azure Pipelines", std::nullopt, "", azure_matrix},
    EngineRow{"kubernetes", "Kubernetes", 100'000,
              "completions of an Indexed Job with a limit of retries for each index",
              kubernetes_job},
    EngineRow{"tekton", "Tekton", 256,
              "combinations of one matrix (default-max-matrix-combinations-count)", tekton_run},
    EngineRow{"argo", "Argo Workflows", std::nullopt, "", argo_workflow},
    EngineRow{"slurm", "Slurm", 1001, "tasks of one array (MaxArraySize)", slurm_script},
};

void require_room(const EngineRow& engine, std::uint64_t count, const EngineRequest& request) {
  const std::optional<std::uint64_t> limit = request.limit ? request.limit : engine.limit;
  if (!limit || count <= *limit) return;
  const std::uint64_t parts = (count + *limit - 1) / *limit;
  const std::string why =
      request.limit ? std::string("units that --limit allows") : std::string(engine.limit_name);
  throw base::Error(
      base::FailureKind::input, "fleet.too-many-units",
      fmt::format("{} units are more than {} takes: {} {}", count, engine.title, *limit, why),
      fmt::format("divide them: --shard 1/{} to --shard {}/{}", parts, parts, parts));
}

} // namespace

std::vector<std::string> engine_words() {
  std::vector<std::string> words;
  for (const EngineRow& row : k_engines)
    words.emplace_back(row.word);
  return words;
}

std::string render_for(const UnitList& list, const EngineRequest& request) {
  const auto* row = std::ranges::find(k_engines, request.engine, &EngineRow::word);
  IMAGEWRIGHT_ASSERT(row != k_engines.end());
  require_room(*row, list.units.size(), request);
  return row->render(list, request);
}

} // namespace imagewright::fleet
