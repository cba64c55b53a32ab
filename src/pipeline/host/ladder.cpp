// SPDX-License-Identifier: MIT
#include <utility>

#include <fmt/format.h>

#include <imagewright/base/error.hpp>
#include <imagewright/boot/accelerator.hpp>
#include <imagewright/machine/guest_kernel.hpp>
#include <imagewright/machine/run_in_machine.hpp>
#include <imagewright/pipeline/ladder.hpp>
#include <imagewright/sandbox/probe.hpp>

namespace imagewright::pipeline {

namespace {

RungFinding examine_machine() {
  RungFinding finding{.rung = sandbox::Rung::machine};
  if (auto obstacle = machine::find_machine_obstacle()) {
    finding.state = RungState::unfit;
    finding.detail = std::move(obstacle->what);
    finding.remedy = std::move(obstacle->remedy);
    return finding;
  }
  finding.detail = boot::can_run_kvm_guest()
                       ? "with KVM"
                       : "without KVM: programs of the image run about ten times slower";
  if (machine::find_host_kernel().empty())
    finding.detail +=
        "; of kernels there are those of releases only: name one with --machine-kernel "
        "for an image whose release has none";
  return finding;
}

std::string sentence(const RungFinding& finding) {
  return fmt::format("{}: {}", sandbox::row_of(finding.rung).name, finding.detail);
}

[[noreturn]] void throw_no_rung(std::string message, const std::vector<RungFinding>& tried) {
  base::Diagnostic diagnostic;
  diagnostic.code = "sandbox.no-rung";
  diagnostic.message = std::move(message);
  for (const RungFinding& finding : tried) {
    if (finding.state != RungState::works) diagnostic.context.push_back(sentence(finding));
    // The machine, which comes last, is the remedy that asks for least.
    if (!finding.remedy.empty()) diagnostic.hint = finding.remedy;
  }
  throw base::Error(base::FailureKind::host, std::move(diagnostic));
}

} // namespace

RungFinding examine_rung(sandbox::Rung rung) {
  if (rung == sandbox::Rung::machine) return examine_machine();
  RungFinding finding{.rung = rung};
  if (auto obstacle = sandbox::obstacle_on(rung)) {
    finding.state = RungState::unfit;
    finding.detail = std::move(obstacle->what);
    finding.remedy = std::move(obstacle->remedy);
  } else if (auto refusal = sandbox::try_rung(rung)) {
    finding.state = RungState::refused;
    finding.detail = std::move(refusal->reason);
    finding.remedy = std::move(refusal->remedy);
  }
  return finding;
}

std::vector<RungFinding> examine_ladder() {
  std::vector<RungFinding> findings;
  for (const sandbox::RungRow& row : sandbox::all_rungs())
    findings.push_back(examine_rung(row.rung));
  return findings;
}

sandbox::Rung choose_rung(std::optional<sandbox::Rung> wanted, report::Reporter& reporter) {
  if (wanted) {
    const RungFinding finding = examine_rung(*wanted);
    if (finding.state == RungState::works) return *wanted;
    throw_no_rung(fmt::format("the rung {} cannot be used here", sandbox::row_of(*wanted).name),
                  {finding});
  }
  std::vector<RungFinding> tried;
  for (const sandbox::RungRow& row : sandbox::all_rungs()) {
    RungFinding finding = examine_rung(row.rung);
    const bool works = finding.state == RungState::works;
    const std::string detail = finding.detail;
    tried.push_back(std::move(finding));
    if (!works) continue;
    if (row.rung == sandbox::Rung::machine)
      reporter.message(report::Level::info,
                       fmt::format("composing in a machine, {}; imagewright doctor says what would "
                                   "be quicker",
                                   detail));
    return row.rung;
  }
  throw_no_rung("images cannot be composed here: this place refuses every way", tried);
}

} // namespace imagewright::pipeline
