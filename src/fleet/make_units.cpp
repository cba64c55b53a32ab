// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/diagnostic.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/base/url.hpp>
#include <imagewright/fleet/matrix.hpp>
#include <imagewright/lock/lock_file.hpp>
#include <imagewright/plan/lock_freshness.hpp>

#include "unit_facts.hpp"
#include "unit_id.hpp"

namespace imagewright::fleet {

namespace {

/// A platform, or none.
struct Platform {
  std::string name;
  std::vector<model::ImageFormat> formats;
};

std::vector<Platform> platforms_of(const Fleet& fleet) {
  std::vector<Platform> platforms;
  for (const auto& [name, formats] : fleet.platforms)
    platforms.push_back({.name = name, .formats = formats});
  if (platforms.empty()) platforms.push_back({});
  return platforms;
}

/// Plans one cell of the matrix after the other and keeps every mistake.
class MatrixMaker {
public:
  explicit MatrixMaker(const MatrixRequest& request)
      : request_(request), is_used_(request.fleet.exclusions.size(), false) {}

  std::vector<Unit> make() {
    for (const Variant& variant : request_.fleet.variants) {
      for (const Platform& platform : platforms_of(request_.fleet))
        plan_cells(variant, platform);
    }
    if (mistakes_.has_errors()) throw base::InputError(without_repetition(mistakes_));
    if (refusals_.has_errors())
      throw base::InputError(without_repetition(refusals_), base::FailureKind::verification);
    require_effect();
    return std::move(units_);
  }

private:
  bool is_excluded(const std::string& variant, const std::string& architecture,
                   const std::string& platform) {
    bool is_out = false;
    for (std::size_t index = 0; index < is_used_.size(); ++index) {
      if (!fits(request_.fleet.exclusions[index], variant, architecture, platform)) continue;
      is_used_[index] = true;
      is_out = true;
    }
    return is_out;
  }

  /// What the command line leaves of the fleet's.
  bool is_wanted(const std::string& architecture) const {
    const std::vector<std::string>& asked = request_.plan.architectures;
    return asked.empty() || std::ranges::find(asked, architecture) != asked.end();
  }

  void plan_cells(const Variant& variant, const Platform& platform) {
    plan::PlanOptions options = request_.plan;
    options.config = variant.config;
    options.formats = platform.formats;
    if (!request_.fleet.architectures.empty()) {
      options.architectures.clear();
      for (const std::string& architecture : request_.fleet.architectures) {
        // Asked in this order, so that an exclusion that has an effect on the fleet has one on a
        // part of it, too.
        if (!is_excluded(variant.name, architecture, platform.name) && is_wanted(architecture))
          options.architectures.push_back(architecture);
      }
      if (options.architectures.empty()) return;
    }
    try {
      for (const plan::BuildPlan& plan : plan::plan_build(options).plans) {
        const std::string& architecture = plan.architecture.name;
        if (!is_excluded(variant.name, architecture, platform.name))
          add_unit(variant, platform, plan, options);
      }
    } catch (const base::InputError& error) {
      mistakes_.append(error.diagnostics());
    } catch (const base::Error& error) {
      if (error.kind() != base::FailureKind::verification) throw;
      refusals_.add(error.diagnostic());
    }
  }

  void add_unit(const Variant& variant, const Platform& platform, const plan::BuildPlan& plan,
                const plan::PlanOptions& options) {
    const auto lock = plan::find_lock(variant.config);
    const model::ArchitectureLock& pins = plan::require_fresh(lock, plan);
    const std::string id = unit_id(variant.name, plan.architecture.name, platform.name);
    const std::filesystem::path report =
        request_.reports.empty()
            ? std::filesystem::path()
            : request_.reports / id /
                  fmt::format("{}-{}.report.json", plan.config.name, plan.architecture.name);
    units_.push_back(
        {.id = id,
         .index = 0,
         .variant = variant.name,
         .config = variant.config,
         .platform = platform.name,
         .lock = lock::lock_path_of(variant.config),
         .inputs = inputs_of(plan, options, pins, request_.epoch, request_.tool_version),
         .needs = needs_of(plan, pins, request_.native_architectures, report),
         .outputs = outputs_of(plan)});
  }

  /// One config is planned for several platforms.
  static base::Diagnostics without_repetition(const base::Diagnostics& all) {
    base::Diagnostics once;
    for (const base::Diagnostic& item : all.items()) {
      if (std::ranges::find(once.items(), item) == once.items().end()) once.add(item);
    }
    return once;
  }

  void require_effect() const {
    // Where configs have their own architectures and only some were asked for, the others are not
    // known here.
    const bool is_part =
        request_.fleet.architectures.empty() && !request_.plan.architectures.empty();
    base::Diagnostics idle;
    for (std::size_t index = 0; index < is_used_.size(); ++index) {
      if (is_used_[index]) continue;
      if (is_part && !request_.fleet.exclusions[index].architecture.empty()) continue;
      idle.error("fleet.idle-exclusion", "this exclusion fits no combination of the fleet",
                 request_.fleet.exclusions[index].where,
                 "mend the pattern, or take the exclusion away");
    }
    if (!idle.empty()) throw base::InputError(idle);
  }

  const MatrixRequest& request_;
  std::vector<bool> is_used_;
  base::Diagnostics mistakes_;
  base::Diagnostics refusals_; ///< locks that are missing or stale
  std::vector<Unit> units_;
};

void require_known_architectures(const MatrixRequest& request) {
  const std::vector<std::string>& all = request.fleet.architectures;
  if (all.empty()) return;
  for (const std::string& asked : request.plan.architectures) {
    if (std::ranges::find(all, asked) != all.end()) continue;
    throw base::Error(base::FailureKind::input, "cli.usage",
                      fmt::format("the fleet has no architecture {}", base::quoted(asked)),
                      fmt::format("it has {}", base::join(all, ", ")));
  }
}

void require_different_ids(const std::vector<Unit>& units) {
  std::map<std::string, const Unit*> seen;
  for (const Unit& unit : units) {
    const auto [place, is_new] = seen.emplace(unit.id, &unit);
    if (is_new) continue;
    throw base::Error(base::FailureKind::input, "fleet.same-id",
                      fmt::format("{} and {} are both called {}",
                                  base::quoted(place->second->config.string()),
                                  base::quoted(unit.config.string()), base::quoted(unit.id)),
                      "give variants names of their own, in a fleet file");
  }
}

/// Every count-th one: the dear units of one variant are spread over the parts.
std::vector<Unit> part_of(std::vector<Unit> units, const Shard& shard) {
  std::vector<Unit> part;
  for (std::size_t index = 0; index < units.size(); ++index) {
    if (index % shard.count == shard.number - 1) part.push_back(std::move(units[index]));
  }
  for (std::size_t index = 0; index < part.size(); ++index)
    part[index].index = index;
  return part;
}

} // namespace

UnitList make_units(const MatrixRequest& request) {
  require_known_architectures(request);
  std::vector<Unit> units = MatrixMaker(request).make();
  require_different_ids(units);
  std::ranges::sort(units, {}, &Unit::id);
  UnitList list{.tool_version = request.tool_version,
                .release = request.plan.release,
                .repositories = {},
                .shard = request.shard,
                .units = part_of(std::move(units), request.shard)};
  for (const plan::RepositoryOverride& repository : request.plan.repositories)
    list.repositories.push_back({repository.name, base::without_secrets(repository.address)});
  if (list.units.empty()) {
    throw base::Error(base::FailureKind::input, "fleet.no-units", "no unit is left",
                      "take an exclusion away, or ask for fewer parts");
  }
  return list;
}

} // namespace imagewright::fleet
