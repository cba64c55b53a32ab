// SPDX-License-Identifier: MIT
#pragma once

// Short ways to ask the resolver in a test.

#include <string>
#include <vector>

#include <imagewright_test/scratch.hpp>
#include <imagewright_test/tiny_repository.hpp>

#include <imagewright/resolve/resolve.hpp>

/// A question over tiny repositories, built step by step.
class Question {
public:
  /// Repositories are named in the order in which they are added: "a", "b", …
  imagewright::model::Repository& add(const std::vector<imagewright_test::TinyPackage>& packages);
  /// Requests stand one a line in "node.yaml", from line 1.
  Question& want(const std::vector<std::string>& specs);

  imagewright::resolve::ResolveResult ask();
  /// "name-version-release.architecture" of each chosen package; fails the test when there is no
  /// solution.
  std::vector<std::string> packages();
  imagewright::resolve::Resolution resolution();
  /// Fails the test when there is a solution.
  std::vector<imagewright::base::Diagnostic> problems();

  imagewright::resolve::ResolveRequest request;
  imagewright_test::ScratchDirectory scratch;
  int file_list_loads = 0;

private:
  std::vector<imagewright::model::Repository> repositories_;
};
