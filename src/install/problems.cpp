// SPDX-License-Identifier: MIT
#include "problems.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>
#include <rpm/rpmprob.h>

#include <imagewright/base/error.hpp>
#include <imagewright/base/text.hpp>

namespace imagewright::install {

namespace {

/// More of them do not help anybody.
constexpr std::size_t k_shown_problems = 20;

struct Problem {
  rpmProblemType type = RPMPROB_REQUIRES;
  std::string text;
};

std::vector<Problem> problems_of(rpmts transaction) {
  std::vector<Problem> problems;
  const ProblemSet set(rpmtsProblems(transaction));
  const ProblemIterator iterator(rpmpsInitIterator(set.get()));
  while (rpmProblem problem = rpmpsiNext(iterator.get())) {
    const std::unique_ptr<char, decltype(&std::free)> text(rpmProblemString(problem), &std::free);
    problems.push_back(
        {rpmProblemGetType(problem), base::escape_controls(base::trimmed(text.get()))});
  }
  return problems;
}

struct Advice {
  const char* code;
  const char* hint;
};

constexpr auto k_room_hint = "make room where the image root is, or choose another place with "
                             "--output-dir";

Advice advice_for(rpmProblemType type) {
  switch (type) {
  case RPMPROB_REQUIRES:
  case RPMPROB_CONFLICT:
  case RPMPROB_OBSOLETES:
    return {"install.dependency",
            "the metadata of a repository does not say what its packages need: make it again with "
            "createrepo_c; or the lock is of another time: update it"};
  case RPMPROB_NEW_FILE_CONFLICT:
  case RPMPROB_FILE_CONFLICT:
    return {"install.file-conflict",
            "leave one of the packages out, or report it to whoever builds them"};
  case RPMPROB_DISKSPACE:
  case RPMPROB_DISKNODES:
    return {"install.disk-full", k_room_hint};
  case RPMPROB_BADARCH:
  case RPMPROB_BADOS:
  case RPMPROB_PKG_INSTALLED:
  case RPMPROB_BADRELOCATE:
  case RPMPROB_OLDPACKAGE:
  case RPMPROB_VERIFY:
    break;
  }
  return {"install.package-refused", ""};
}

bool speaks_of(const std::vector<LogMessage>& messages, std::string_view words) {
  return std::ranges::any_of(messages, [&](const LogMessage& message) {
    return message.text.find(words) != std::string::npos;
  });
}

/// librpm tells of it in the words of the C library, and of its database in those of SQLite.
bool tells_of_full_disk(const std::vector<LogMessage>& messages) {
  return speaks_of(messages, "No space left") || speaks_of(messages, "disk is full");
}

void blame_disk(base::Diagnostic& diagnostic) {
  diagnostic.code = "install.disk-full";
  diagnostic.hint = k_room_hint;
}

void add_messages(base::Diagnostic& diagnostic, const std::vector<LogMessage>& messages) {
  for (const LogMessage& message : messages) {
    diagnostic.context.push_back("while installing: " + base::escape_controls(message.text));
  }
}

} // namespace

void require_no_problems(rpmts transaction) {
  const std::vector<Problem> problems = problems_of(transaction);
  if (problems.empty()) return;
  const Advice advice = advice_for(problems.front().type);
  base::Diagnostic diagnostic;
  diagnostic.code = advice.code;
  diagnostic.message = problems.front().text;
  diagnostic.hint = advice.hint;
  for (std::size_t index = 1; index < std::min(problems.size(), k_shown_problems); ++index) {
    diagnostic.context.push_back("while another problem is: " + problems[index].text);
  }
  if (problems.size() > k_shown_problems) {
    diagnostic.context.push_back(
        fmt::format("while {} more are not shown", problems.size() - k_shown_problems));
  }
  throw base::Error(base::FailureKind::build, std::move(diagnostic));
}

void throw_unpack_error(const std::string& package, const std::vector<LogMessage>& messages) {
  base::Diagnostic diagnostic;
  diagnostic.code = "install.unpack-failed";
  diagnostic.message = fmt::format("the files of the package {} cannot be unpacked", package);
  if (tells_of_full_disk(messages)) {
    blame_disk(diagnostic);
  } else if (speaks_of(messages, "igest")) {
    diagnostic.code = "install.package-corrupt";
    diagnostic.hint = "get a sound package from its repository, and build again";
  }
  add_messages(diagnostic, messages);
  throw base::Error(base::FailureKind::build, std::move(diagnostic));
}

void throw_transaction_failed(const std::vector<LogMessage>& messages) {
  base::Diagnostic diagnostic;
  diagnostic.code = "install.transaction-failed";
  diagnostic.message = "the packages could not be installed";
  if (tells_of_full_disk(messages)) blame_disk(diagnostic);
  add_messages(diagnostic, messages);
  throw base::Error(base::FailureKind::build, std::move(diagnostic));
}

} // namespace imagewright::install
