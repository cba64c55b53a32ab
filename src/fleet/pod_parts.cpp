// SPDX-License-Identifier: MIT
#include <algorithm>

#include <fmt/format.h>

#include "engine_jobs.hpp"

namespace imagewright::fleet {

UnitNeeds largest_needs(const UnitList& list) {
  UnitNeeds largest;
  for (const Unit& unit : list.units) {
    largest.processors = std::max(largest.processors, unit.needs.processors);
    largest.memory = std::max(largest.memory, unit.needs.memory);
    largest.disk = std::max(largest.disk, unit.needs.disk);
  }
  return largest;
}

PodParts pod_parts(const UnitNeeds& needs) {
  const std::uint64_t memory = needs.memory.bytes() >> 20U;
  const std::uint64_t disk = needs.disk.bytes() >> 20U;
  return {
      .pod_security = {{"runAsNonRoot", true},
                       {"runAsUser", 10001},
                       {"runAsGroup", 10001},
                       {"fsGroup", 10001},
                       {"seccompProfile", json::Object{{"type", "RuntimeDefault"}}}},
      .container_security = {{"allowPrivilegeEscalation", false},
                             {"readOnlyRootFilesystem", true},
                             {"capabilities", json::Object{{"drop", json::Array{"ALL"}}}}},
      .resources = {{"requests", json::Object{{"cpu", fmt::format("{}", needs.processors)},
                                              {"memory", fmt::format("{}Mi", memory)},
                                              {"ephemeral-storage", fmt::format("{}Mi", disk)}}},
                    {"limits", json::Object{{"memory", fmt::format("{}Mi", memory + memory / 2)}}}},
      .environment = {json::Object{{"name", "XDG_CACHE_HOME"}, {"value", "/cache"}}},
      .mounts = {json::Object{{"name", "work"}, {"mountPath", k_work_directory}},
                 json::Object{{"name", "cache"}, {"mountPath", "/cache"}},
                 json::Object{{"name", "temporary"}, {"mountPath", "/tmp"}}},
      .volumes = {
          json::Object{{"name", "work"},
                       {"persistentVolumeClaim", json::Object{{"claimName", k_work_claim}}}},
          json::Object{{"name", "cache"}, {"emptyDir", json::Object{}}},
          json::Object{{"name", "temporary"}, {"emptyDir", json::Object{}}}}};
}

} // namespace imagewright::fleet
