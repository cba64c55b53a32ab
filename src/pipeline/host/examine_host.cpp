// SPDX-License-Identifier: MIT
#include <algorithm>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/boot/host_facts.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/pipeline/examine_host.hpp>
#include <imagewright/process/host_packages.hpp>
#include <imagewright/process/program.hpp>
#include <imagewright/sandbox/privilege.hpp>
#include <imagewright/sandbox/probe.hpp>

namespace imagewright::pipeline {

namespace {

bool is_there(sandbox::Ability ability) {
  return ability == sandbox::Ability::present;
}

HostFinding program(const std::string& name, Need need, std::string remedy) {
  const auto path = process::find_program(name);
  return {.subject = name,
          .need = need,
          .is_present = path.has_value(),
          .detail = path ? path->string() : "not found",
          .remedy = std::move(remedy)};
}

/// Below the machine, whose kernel nobody else has, the host's must give each user a table.
void add_registration(HostExamination& examination) {
  const RungFinding* chosen = examination.chosen_rung();
  const bool is_machine = chosen != nullptr && chosen->rung == sandbox::Rung::machine;
  const sandbox::HostAbilities abilities = sandbox::probe();
  const bool has_own = is_machine || is_there(abilities.private_binfmt_misc);
  examination.findings.push_back(
      {.subject = "private registration of foreign programs",
       .need = Need::foreign,
       .is_present = has_own,
       .detail = is_machine ? "in the machine's kernel"
                 : has_own  ? "yes"
                            : "no",
       .remedy = is_there(abilities.user_namespaces)
                     ? "needs Linux 6.7 or newer; --rung machine does without"
                     : "needs a user namespace, which this place refuses; --rung machine does "
                       "without"});
}

void add_foreign(std::vector<HostFinding>& findings) {
  const model::Architecture* host = model::host_architecture();
  for (const model::Architecture& architecture : model::all_architectures()) {
    if (host != nullptr && architecture.name == host->name) continue;
    findings.push_back(program(architecture.emulator.program, Need::foreign,
                               process::how_to_install(architecture.emulator.program)));
  }
}

void add_boot(std::vector<HostFinding>& findings) {
  for (const model::Architecture& architecture : model::all_architectures()) {
    for (const boot::HostFact& fact : boot::host_facts(architecture)) {
      const bool is_known = std::any_of(findings.begin(), findings.end(), [&](const auto& known) {
        return known.subject == fact.name;
      });
      if (is_known) continue;
      findings.push_back({.subject = fact.name,
                          .need = Need::boot,
                          .is_present = fact.found.has_value(),
                          .detail = fact.found.value_or(fact.absence),
                          .remedy = fact.remedy});
    }
  }
}

} // namespace

std::string_view to_string(Need need) {
  switch (need) {
  case Need::build:
    return "build";
  case Need::foreign:
    return "foreign";
  case Need::boot:
    return "boot";
  }
  throw base::BugError("unknown need");
}

const RungFinding* HostExamination::chosen_rung() const {
  const auto found = std::ranges::find(rungs, RungState::works, &RungFinding::state);
  return found == rungs.end() ? nullptr : &*found;
}

bool HostExamination::can_build() const {
  return chosen_rung() != nullptr &&
         std::all_of(findings.begin(), findings.end(), [](const HostFinding& finding) {
           return finding.need != Need::build || finding.is_present;
         });
}

HostExamination examine_host(const plan::Services& /*services*/) {
  HostExamination examination;
  examination.rungs = examine_ladder();
  add_registration(examination);
  examination.findings.push_back(
      program("gpg", Need::build,
              process::how_to_install("gpg") + ": repository signatures are verified with it"));
  add_foreign(examination.findings);
  add_boot(examination.findings);
  return examination;
}

namespace {

std::string_view word_of(RungState state) {
  switch (state) {
  case RungState::works:
    return "ok";
  case RungState::unfit:
    return "unfit";
  case RungState::refused:
    return "refused";
  }
  throw base::BugError("unknown state of a rung");
}

/// Where a machine is needed, this kernel refuses more than a remedy for the own doing would give.
std::string remedy_text(const RungFinding& finding, const RungFinding* chosen) {
  const bool is_own_doing =
      finding.state == RungState::unfit && finding.rung != sandbox::Rung::machine;
  const bool is_machine = chosen == nullptr || chosen->rung == sandbox::Rung::machine;
  if (is_own_doing && is_machine) return {};
  const char* what = is_own_doing        ? "not needed, but the host keeps owners then: "
                     : chosen == nullptr ? ""
                                         : "not needed, but quicker: ";
  return fmt::format("          {}{}\n", what, finding.remedy);
}

std::string rungs_text(const HostExamination& examination) {
  std::string text = "Images are composed on the first of these rungs that works here:\n";
  const RungFinding* chosen = examination.chosen_rung();
  bool is_below = false;
  for (const RungFinding& finding : examination.rungs) {
    const bool works = finding.state == RungState::works;
    std::string detail(works ? sandbox::row_of(finding.rung).words : "");
    if (!finding.detail.empty()) detail += (works ? "; " : "") + finding.detail;
    text += fmt::format("  {:<7} {}: {}{}\n", word_of(finding.state),
                        sandbox::row_of(finding.rung).name, detail,
                        &finding == chosen ? " (this one)" : "");
    // Nobody gains by mending what stands below the rung that is taken.
    if (&finding == chosen) is_below = true;
    if (works || is_below || finding.remedy.empty()) continue;
    text += remedy_text(finding, chosen);
  }
  return text;
}

} // namespace

std::string to_text(const HostExamination& examination) {
  std::string text = rungs_text(examination);
  bool is_first = true;
  Need section = Need::boot;
  for (const Need need : {Need::build, Need::foreign, Need::boot}) {
    for (const HostFinding& finding : examination.findings) {
      if (finding.need != need) continue;
      if (section != need || is_first) {
        is_first = false;
        constexpr std::string_view titles[] = {
            "What else composing needs:", "To compose images of another architecture:",
            "To boot images:"};
        text += fmt::format("{}\n", titles[static_cast<std::size_t>(need)]);
        section = need;
      }
      text += fmt::format("  {} {}: {}\n", finding.is_present ? "ok     " : "missing",
                          finding.subject, finding.detail);
      if (!finding.is_present) text += fmt::format("          {}\n", finding.remedy);
    }
  }
  return text;
}

json::Value to_json(const HostExamination& examination) {
  json::Array findings;
  for (const HostFinding& finding : examination.findings) {
    findings.push_back(json::Object{{"subject", finding.subject},
                                    {"need", to_string(finding.need)},
                                    {"present", finding.is_present},
                                    {"detail", finding.detail},
                                    {"remedy", finding.is_present ? "" : finding.remedy}});
  }
  json::Array rungs;
  for (const RungFinding& finding : examination.rungs) {
    const sandbox::RungRow& row = sandbox::row_of(finding.rung);
    rungs.push_back(json::Object{{"name", row.name},
                                 {"state", word_of(finding.state)},
                                 {"detail", finding.detail},
                                 {"remedy", finding.remedy},
                                 {"needs", row.needs},
                                 {"enters", row.enters},
                                 {"owners", row.owners},
                                 {"escapeReaches", row.guards}});
  }
  const RungFinding* chosen = examination.chosen_rung();
  return json::Object{{"canBuild", examination.can_build()},
                      {"rung", chosen == nullptr ? "" : sandbox::row_of(chosen->rung).name},
                      {"rungs", rungs},
                      {"findings", findings}};
}

} // namespace imagewright::pipeline
