// SPDX-License-Identifier: MIT
#include "lint/lint_codec.hpp"

#include <imagewright/base/error.hpp>
#include <imagewright/sandbox/byte_codec.hpp>

#include "lint/rules.hpp"

namespace imagewright::lint {

namespace {

constexpr std::uint64_t k_no_kind = ~std::uint64_t{0};

} // namespace

std::string encode(const LintRequest& request) {
  sandbox::ByteWriter writer;
  writer.number(request.kind ? static_cast<std::uint64_t>(*request.kind) : k_no_kind);
  writer.texts(request.allowed).text(request.architecture);
  return writer.take();
}

LintRequest decode_lint_request(std::string_view bytes) {
  sandbox::ByteReader reader(bytes);
  LintRequest request;
  const std::uint64_t kind = reader.number();
  if (kind != k_no_kind) request.kind = static_cast<SubjectKind>(kind);
  request.allowed = reader.texts();
  request.architecture = reader.text();
  return request;
}

std::string encode(const LintReport& report) {
  sandbox::ByteWriter writer;
  writer.number(static_cast<std::uint64_t>(report.kind));
  for (const RuleResult& rule : report.rules)
    writer.number(static_cast<std::uint64_t>(rule.outcome)).texts(rule.findings);
  return writer.take();
}

LintReport decode_lint_report(std::string_view bytes, std::string file) {
  sandbox::ByteReader reader(bytes);
  LintReport report{
      .file = std::move(file), .kind = reader.choice(SubjectKind::azure_vhd), .rules = {}};
  for (const Rule* rule : rules_for(report.kind)) {
    const Outcome outcome = reader.choice(Outcome::unknown);
    report.rules.push_back({.id = std::string(rule->id),
                            .sentence = std::string(rule->sentence),
                            .hint = std::string(rule->hint),
                            .outcome = outcome,
                            .findings = reader.texts()});
  }
  if (!reader.at_end()) throw base::BugError("there is more than a report");
  return report;
}

} // namespace imagewright::lint
