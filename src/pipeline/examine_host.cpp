// SPDX-License-Identifier: MIT
#include <algorithm>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/boot/host_facts.hpp>
#include <imagewright/model/architecture.hpp>
#include <imagewright/pipeline/examine_host.hpp>
#include <imagewright/process/program.hpp>
#include <imagewright/sandbox/privilege.hpp>
#include <imagewright/sandbox/probe.hpp>

namespace imagewright::pipeline {

namespace {

bool is_there(sandbox::Ability ability) {
  return ability == sandbox::Ability::present;
}

HostFinding ability(std::string subject, Need need, sandbox::Ability found, std::string remedy) {
  return {.subject = std::move(subject),
          .need = need,
          .is_present = is_there(found),
          .detail = is_there(found) ? "yes" : "no",
          .remedy = std::move(remedy)};
}

HostFinding program(const std::string& name, Need need, std::string remedy) {
  const auto path = process::find_program(name);
  return {.subject = name,
          .need = need,
          .is_present = path.has_value(),
          .detail = path ? path->string() : "not found",
          .remedy = std::move(remedy)};
}

void add_privilege(std::vector<HostFinding>& findings) {
  const sandbox::HostAbilities abilities = sandbox::probe();
  findings.push_back({.subject = "sandbox for package scriptlets",
                      .need = Need::build,
                      .is_present = abilities.can_make_sandboxes(),
                      .detail = abilities.can_make_sandboxes() ? "yes" : abilities.reason,
                      .remedy = abilities.remedy});
  findings.push_back({.subject = "composes as",
                      .need = Need::build,
                      .is_present = abilities.can_make_sandboxes(),
                      .detail = std::string(sandbox::to_string(sandbox::find_rung())),
                      .remedy = ""});
  findings.push_back(ability("private registration of foreign programs", Need::foreign,
                             abilities.private_binfmt_misc, abilities.can_make_sandboxes() ? "needs Linux 6.7 or newer"
                                                            : abilities.remedy));
}

void add_foreign(std::vector<HostFinding>& findings) {
  const model::Architecture* host = model::host_architecture();
  for (const model::Architecture& architecture : model::all_architectures()) {
    if (host != nullptr && architecture.name == host->name) continue;
    findings.push_back(program(architecture.emulator.program, Need::foreign,
                               "install qemu-user-static (Debian) or the static QEMU user "
                               "emulators of your distribution"));
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
                          .detail = fact.found.value_or("not found"),
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

bool HostExamination::can_build() const {
  return std::all_of(findings.begin(), findings.end(), [](const HostFinding& finding) {
    return finding.need != Need::build || finding.is_present;
  });
}

HostExamination examine_host(const plan::Services& /*services*/) {
  HostExamination examination;
  add_privilege(examination.findings);
  examination.findings.push_back(program("gpg", Need::build,
                                         "install gpg (Debian) or gnupg2: repository signatures "
                                         "are verified with it"));
  add_foreign(examination.findings);
  add_boot(examination.findings);
  return examination;
}

std::string to_text(const HostExamination& examination) {
  std::string text;
  Need section = Need::boot;
  for (const Need need : {Need::build, Need::foreign, Need::boot}) {
    for (const HostFinding& finding : examination.findings) {
      if (finding.need != need) continue;
      if (section != need || text.empty()) {
        constexpr std::string_view titles[] = {
            "To compose images:", "To compose images of another architecture:", "To boot images:"};
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
  return json::Object{{"canBuild", examination.can_build()}, {"findings", findings}};
}

} // namespace imagewright::pipeline
