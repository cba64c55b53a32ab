// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include <imagewright/archive/tar_reader.hpp>
#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/image/image_file.hpp>
#include <imagewright/lint/lint.hpp>
#include <imagewright/model/image_format.hpp>

#include "lint/lint_codec.hpp"
#include "lint/rules.hpp"

namespace imagewright::lint {

namespace {

constexpr std::string_view k_lint_job = "lint-file";

struct KindRow {
  SubjectKind kind;
  std::string_view word;
  std::string_view name_end; ///< of files that are of this kind whatever is in them
};

SubjectKind kind_of(const model::ImageFormatRow& row) {
  if (row.root_form == model::RootForm::wslg_system) return SubjectKind::wslg_system_vhd;
  return row.kind == model::ImageKind::archive ? SubjectKind::wsl : SubjectKind::wsl_vhdx;
}

/// Formats for Windows have rules of their own; of disks those that Azure takes.
std::vector<KindRow> kinds() {
  std::vector<KindRow> rows;
  for (const model::ImageFormatRow& row : model::k_image_formats) {
    if (row.root_form != model::RootForm::node)
      rows.push_back({kind_of(row), row.word, row.extension});
  }
  rows.push_back({SubjectKind::azure_vhd, "azure-vhd", ""});
  return rows;
}

void append(std::vector<const Rule*>& all, std::span<const Rule> rules) {
  for (const Rule& rule : rules)
    all.push_back(&rule);
}

std::optional<SubjectKind> kind_of_name(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  for (const KindRow& row : kinds()) {
    if (!row.name_end.empty() && name.ends_with(row.name_end)) return row.kind;
  }
  return std::nullopt;
}

bool is_archive(const image::HandedImages& handed, const base::Cancellation& cancellation) {
  Subject subject{.path = handed.name(0), .handed = &handed};
  read_archive(subject, cancellation);
  return subject.unreadable.empty();
}

std::optional<SubjectKind> kind_of_disk(const Subject& subject) {
  if (!subject.disk) return std::nullopt;
  const std::string_view extension = model::extension_of(subject.disk->format());
  const bool is_vhd = extension == ".vhd";
  if (subject.partitions) {
    if (is_vhd) return SubjectKind::azure_vhd;
    return std::nullopt;
  }
  if (subject.volume && extension == ".vhdx") return SubjectKind::wsl_vhdx;
  if (subject.volume && is_vhd) return SubjectKind::wslg_system_vhd;
  return std::nullopt;
}

Subject open_subject(const LintRequest& request, const image::HandedImages& handed,
                     const base::Cancellation& cancellation) {
  Subject subject{.path = request.file, .handed = &handed, .architecture = request.architecture};
  std::optional<SubjectKind> kind = request.kind;
  if (!kind) kind = kind_of_name(request.file);
  if (!kind) {
    read_disk(subject, cancellation);
    kind = kind_of_disk(subject);
    if (!kind && is_archive(handed, cancellation)) kind = SubjectKind::wsl;
    if (!kind) {
      throw base::Error(
          base::FailureKind::input, "lint.no-rules",
          fmt::format("there are no rules for {}", base::quoted(request.file.string())),
          fmt::format("say with --as what it is to be: {}",
                      base::join(subject_kind_words(), ", ")));
    }
    subject =
        Subject{.path = request.file, .handed = &handed, .architecture = request.architecture};
  }
  subject.kind = *kind;
  if (subject.kind == SubjectKind::wsl) {
    read_archive(subject, cancellation);
  } else {
    read_disk(subject, cancellation);
  }
  return subject;
}

RuleResult hold(const Rule& rule, const Subject& subject, const LintRequest& request) {
  RuleResult result{.id = std::string(rule.id),
                    .sentence = std::string(rule.sentence),
                    .hint = std::string(rule.hint),
                    .findings = {}};
  if (rule.needs == Needs::files && !subject.unreadable.empty()) {
    result.outcome = Outcome::unknown;
    return result;
  }
  result.findings = rule.check(subject);
  if (result.findings.empty()) return result;
  const bool is_allowed = std::ranges::find(request.allowed, result.id) != request.allowed.end();
  result.outcome = is_allowed ? Outcome::allowed : Outcome::broken;
  return result;
}

/// Kinds count together: a pipeline may give one list to all its files.
void check_allowed(const std::vector<std::string>& allowed) {
  std::vector<std::string> known;
  for (const KindRow& row : kinds()) {
    for (const Rule* rule : rules_for(row.kind))
      known.emplace_back(rule->id);
  }
  for (const std::string& id : allowed) {
    if (std::ranges::find(known, id) != known.end()) continue;
    throw base::Error(base::FailureKind::input, "lint.unknown-rule",
                      fmt::format("there is no rule {}", base::quoted(id)),
                      "imagewright lint --rules lists all of them");
  }
}

LintReport hold_all(const LintRequest& request, const image::HandedImages& handed) {
  // Whoever wants to stop ends this process.
  const base::Cancellation cancellation;
  const Subject subject = open_subject(request, handed, cancellation);
  LintReport report{.file = request.file.filename().string(), .kind = subject.kind, .rules = {}};
  for (const Rule* rule : rules_for(subject.kind))
    report.rules.push_back(hold(*rule, subject, request));
  return report;
}

std::string lint_handed(const sandbox::WorkerCall& call) {
  const image::HandedImages handed(call);
  LintRequest request = decode_lint_request(handed.request());
  request.file = handed.name(0);
  return encode(hold_all(request, handed));
}

} // namespace

std::vector<const Rule*> rules_for(SubjectKind kind) {
  std::vector<const Rule*> all;
  switch (kind) {
  case SubjectKind::wsl:
    append(all, archive_rules());
    append(all, configuration_rules());
    append(all, root_rules());
    break;
  case SubjectKind::wsl_vhdx:
    append(all, wsl_volume_rules());
    append(all, configuration_rules());
    append(all, root_rules());
    break;
  case SubjectKind::wslg_system_vhd:
    append(all, wslg_volume_rules());
    append(all, system_rules());
    append(all, root_rules());
    break;
  case SubjectKind::azure_vhd:
    append(all, azure_rules());
    break;
  }
  return all;
}

std::string_view to_string(SubjectKind kind) {
  for (const KindRow& row : kinds()) {
    if (row.kind == kind) return row.word;
  }
  throw base::BugError("unknown kind of file");
}

std::optional<SubjectKind> find_subject_kind(std::string_view word) {
  for (const KindRow& row : kinds()) {
    if (row.word == word) return row.kind;
  }
  return std::nullopt;
}

std::vector<std::string> subject_kind_words() {
  std::vector<std::string> words;
  for (const KindRow& row : kinds())
    words.emplace_back(row.word);
  return words;
}

std::vector<RuleDescription> rules_of(SubjectKind kind) {
  std::vector<RuleDescription> rules;
  for (const Rule* rule : rules_for(kind)) {
    rules.push_back({std::string(rule->id), std::string(rule->sentence), std::string(rule->hint)});
  }
  return rules;
}

LintReport lint(const LintRequest& request, const base::Cancellation& cancellation) {
  check_allowed(request.allowed);
  const image::ImageFile file = image::open_image_file(request.file);
  return sandbox::ask_worker(
      image::request_to_read(
          std::span(&file, 1),
          {.job = k_lint_job, .subject = base::quoted(file.name), .request = encode(request)}),
      cancellation, [&](std::string_view answer) {
        return decode_lint_report(answer, request.file.filename().string());
      });
}

std::span<const sandbox::WorkerJob> worker_jobs() {
  static constexpr std::array jobs{sandbox::WorkerJob{
      .name = k_lint_job, .run = &lint_handed, .prepare = &archive::prepare_to_read_tar}};
  return jobs;
}

} // namespace imagewright::lint
