// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <imagewright_test/scratch.hpp>
#include <imagewright_test/skip.hpp>

#include <catch2/catch.hpp>

#include "question.hpp"

using namespace imagewright;
using imagewright_test::TinyPackage;

namespace {

/// What must hold for the chosen packages: at least one line of a clause, where "-" in front of a
/// name means "is not chosen".
using Clauses = std::map<std::string, std::set<std::string>>;

/// One test of another resolver: a repository, and for each request the clauses that its answer has
/// to meet.
struct ForeignTest {
  std::vector<TinyPackage> packages;
  std::map<std::string, Clauses> expected;
};

std::string replaced(std::string text, const std::string& old_part, const std::string& new_part) {
  for (std::size_t at = text.find(old_part); at != std::string::npos;
       at = text.find(old_part, at + new_part.size())) {
    text.replace(at, old_part.size(), new_part);
  }
  return text;
}

/// The notation of testtags as that of RPM.
std::string rich(std::string dependency) {
  // RPM writes what belongs to the condition without parentheses: "(a if b else c)".
  if (dependency.find("<ELSE>") != std::string::npos) {
    dependency = replaced(replaced(dependency, "(", ""), ")", "");
  }
  dependency = replaced(dependency, "<IF>", "if");
  dependency = replaced(dependency, "<ELSE>", "else");
  dependency = replaced(dependency, "&", "and");
  dependency = replaced(dependency, "|", "or");
  return "(" + dependency + ")";
}

ForeignTest read_test(const std::filesystem::path& file) {
  ForeignTest test;
  std::string request;
  std::istringstream lines(imagewright_test::read_text(file));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::vector<std::string> parts;
    for (std::string word; words >> word;)
      parts.push_back(word);
    if (line.starts_with("#>=Pkg: ")) {
      test.packages.push_back({.name = parts.at(1), .architecture = parts.at(4)});
    } else if (line.starts_with("#>=Prv: ")) {
      test.packages.back().provides.push_back(line.substr(8));
    } else if (line.starts_with("#>=Req: ")) {
      test.packages.back().needs.push_back(rich(line.substr(8)));
    } else if (line.starts_with("#>=Con: ")) {
      test.packages.back().conflicts.push_back(rich(line.substr(8)));
    } else if (line.starts_with("job install name ")) {
      request = parts.at(3);
    } else if (line.starts_with("#>rule ")) {
      const std::string literal = parts.at(3);
      test.expected[request][parts.at(1) + parts.at(2)].insert(
          literal.substr(0, literal.find('@')));
    }
  }
  return test;
}

bool is_met(const std::set<std::string>& clause, const std::set<std::string>& chosen) {
  return std::any_of(clause.begin(), clause.end(), [&](const std::string& literal) {
    return literal.starts_with('-') ? chosen.count(literal.substr(1)) == 0
                                    : chosen.count(literal) > 0;
  });
}

} // namespace

TEST_CASE("answers to rich dependencies meet the clauses of another resolver's tests") {
  const auto directory = imagewright_test::find_shared_data("libsolv-testcases/cplxdeps");
  if (!directory) IMAGEWRIGHT_SKIP("../shared/data/libsolv-testcases is not on this machine");
  for (const char* name : {"and", "or", "andor", "orand", "if", "ifelse"}) {
    const ForeignTest test = read_test(*directory / (std::string(name) + ".t"));
    REQUIRE(test.expected.size() == 2);
    for (const auto& [request, clauses] : test.expected) {
      INFO(name << ", installing " << request);
      REQUIRE(clauses.size() >= 2);
      Question question;
      question.add(test.packages);
      const auto packages = question.want({request}).packages();
      const std::set<std::string> chosen(packages.begin(), packages.end());
      for (const auto& [clause_name, clause] : clauses) {
        INFO(clause_name);
        CHECK(is_met(clause, chosen));
      }
    }
  }
}

TEST_CASE("each side of a rich dependency is honoured together with requests that touch it") {
  const auto directory = imagewright_test::find_shared_data("libsolv-testcases/cplxdeps");
  if (!directory) IMAGEWRIGHT_SKIP("../shared/data/libsolv-testcases is not on this machine");
  const ForeignTest test = read_test(*directory / "ifelse.t");
  for (const char* companion : {"B1", "B2", "C1"}) {
    INFO(companion);
    Question question;
    question.add(test.packages);
    const auto packages = question.want({"X", companion}).packages();
    const std::set<std::string> chosen(packages.begin(), packages.end());
    for (const auto& [clause_name, clause] : test.expected.at("X"))
      CHECK(is_met(clause, chosen));
  }
}
