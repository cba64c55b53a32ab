// SPDX-License-Identifier: MIT
#include "question.hpp"

#include <catch2/catch.hpp>

using namespace imagewright;

model::Repository& Question::add(const std::vector<imagewright_test::TinyPackage>& packages) {
  if (request.architecture.name.empty()) request.architecture = model::architecture("x86_64");
  const std::string name(1, static_cast<char>('a' + request.repositories.size()));
  const std::string primary = imagewright_test::primary_xml(packages);
  model::RepositorySnapshot snapshot;
  snapshot.repository.name = name;
  snapshot.primary = scratch.write(name + "/primary", primary);
  snapshot.metadata = base::digest_of(primary);
  snapshot.has_filelists = true;
  scratch.write(name + "/filelists", imagewright_test::filelists_xml(packages));
  request.repositories.push_back(snapshot);
  request.load_filelists = [this](const model::RepositorySnapshot& loaded) {
    ++file_list_loads;
    return std::optional(scratch / (loaded.repository.name + "/filelists"));
  };
  return request.repositories.back().repository;
}

Question& Question::want(const std::vector<std::string>& specs) {
  for (const std::string& spec : specs) {
    const auto line = static_cast<std::uint32_t>(request.packages.size() + 1);
    request.packages.push_back(
        {.spec = spec, .where = {"node.yaml", line, 5}, .origin = "os.packages.install"});
  }
  return *this;
}

resolve::ResolveResult Question::ask() {
  const base::Cancellation cancellation;
  return resolve::resolve(request, cancellation);
}

resolve::Resolution Question::resolution() {
  resolve::ResolveResult result = ask();
  if (const auto* unsolvable = std::get_if<resolve::Unsolvable>(&result)) {
    FAIL("no solution: " << unsolvable->problems.front().message);
  }
  return std::get<resolve::Resolution>(std::move(result));
}

std::vector<std::string> Question::packages() {
  std::vector<std::string> names;
  for (const auto& package : resolution().packages)
    names.push_back(package.nevra.to_string());
  return names;
}

std::vector<base::Diagnostic> Question::problems() {
  resolve::ResolveResult result = ask();
  if (!std::holds_alternative<resolve::Unsolvable>(result)) FAIL("there is a solution");
  return std::get<resolve::Unsolvable>(std::move(result)).problems;
}
