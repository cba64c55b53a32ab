// SPDX-License-Identifier: MIT
#include <algorithm>

#include <imagewright/base/shell.hpp>

#include "engine_jobs.hpp"

namespace imagewright::fleet {

std::vector<std::string> build_words(const EngineRequest& request) {
  return {"imagewright",  "build", "--units",    request.units_file,
          "--output-dir", "out",   "--progress", "plain"};
}

json::Array to_json(const std::vector<std::string>& words) {
  json::Array array;
  for (const std::string& word : words)
    array.emplace_back(word);
  return array;
}

std::string github_matrix(const UnitList& list, const EngineRequest&) {
  json::Array include;
  for (const Unit& unit : list.units) {
    include.push_back(json::Object{{"unit", unit.id},
                                   {"index", unit.index},
                                   {"variant", unit.variant},
                                   {"architecture", unit.inputs.architecture},
                                   {"platform", unit.platform},
                                   {"emulation", unit.needs.is_emulated}});
  }
  return json::to_line(json::Object{{"include", std::move(include)}}) + "\n";
}

std::string azure_matrix(const UnitList& list, const EngineRequest&) {
  json::Object matrix;
  for (const Unit& unit : list.units) {
    // Names of legs have letters, digits and underscores.
    std::string leg = unit.id;
    std::ranges::replace(leg, '-', '_');
    matrix.emplace_back(std::move(leg), json::Object{{"UNIT", unit.id},
                                                     {"ARCHITECTURE", unit.inputs.architecture},
                                                     {"PLATFORM", unit.platform}});
  }
  return json::to_line(matrix) + "\n";
}

std::string gitlab_pipeline(const UnitList& list, const EngineRequest& request) {
  json::Array ids;
  for (const Unit& unit : list.units)
    ids.emplace_back(unit.id);
  json::Object retry{{"max", 2},
                     {"when", json::Array{"runner_system_failure", "stuck_or_timeout_failure"}}};
  const std::string units = base::shell_word(request.units_file);
  // The list of units comes from the job that planned, in the pipeline above.
  const json::Object planned{{"pipeline", "$PARENT_PIPELINE_ID"}, {"job", "imagewright-plan"}};
  const json::Object image{{"name", request.image}, {"entrypoint", json::Array{""}}};
  // The directory of the cache is in the checkout, where GitLab's own cache reaches.
  json::Object unit{
      {"stage", "build"},
      {"image", image},
      {"needs", json::Array{planned}},
      {"variables", json::Object{{"XDG_CACHE_HOME", "$CI_PROJECT_DIR/.cache"}}},
      {"cache",
       json::Object{{"key", "imagewright-$UNIT"}, {"paths", json::Array{".cache/imagewright"}}}},
      {"parallel", json::Object{{"matrix", json::Array{json::Object{{"UNIT", std::move(ids)}}}}}},
      {"retry", std::move(retry)},
      {"script", json::Array{"imagewright build --units " + units +
                             " --unit \"$UNIT\" --output-dir out --progress plain"}},
      {"artifacts", json::Object{{"when", "always"}, {"paths", json::Array{"out/$UNIT"}}}}};
  json::Object collect{
      {"stage", "collect"},
      {"image", image},
      {"when", "always"},
      {"needs", json::Array{planned, json::Object{{"job", "unit"}}}},
      {"script", json::Array{"imagewright collect out --units " + units + " --output-dir release"}},
      {"artifacts", json::Object{{"when", "always"}, {"paths", json::Array{"release"}}}}};
  // JSON is YAML.
  return json::to_text(json::Object{{"stages", json::Array{"build", "collect"}},
                                    {"unit", std::move(unit)},
                                    {"collect", std::move(collect)}});
}

} // namespace imagewright::fleet
