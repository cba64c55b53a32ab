// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <imagewright_test/scratch.hpp>
#include <imagewright_test/skip.hpp>

#include <catch2/catch.hpp>

#include <imagewright/lock/freshness.hpp>
#include <imagewright/lock/lock_file.hpp>
#include <imagewright/repo/repository_set.hpp>
#include <imagewright/resolve/explain.hpp>
#include <imagewright/resolve/resolve.hpp>

using namespace imagewright;

namespace {

struct Run {
  imagewright_test::ScratchDirectory scratch;
  cache::Cache cache{scratch / "cache"};
  report::NullReporter reporter;
  base::Cancellation cancellation;
  model::Repository repository{.name = "local",
                               .package_signatures = model::SignatureCheck::skipped,
                               .metadata_signature = model::SignatureCheck::skipped};

  repo::RepositorySet repositories() {
    return {{repository}, "x86_64", {}, {cache, reporter, cancellation}};
  }
};

model::Lock make_lock(Run& run, const std::vector<std::string>& specs) {
  auto set = run.repositories();
  const auto snapshots = set.load_snapshots();
  resolve::ResolveRequest request{
      .architecture = model::architecture("x86_64"),
      .repositories = snapshots,
      .load_filelists = [&](const auto& snapshot) { return set.load_filelists(snapshot); },
      .metadata_cache = run.cache.directory() / "solv"};
  for (const std::string& spec : specs)
    request.packages.push_back({.spec = spec});
  const auto result = resolve::resolve(request, run.cancellation);
  REQUIRE(std::holds_alternative<resolve::Resolution>(result));
  const lock::LockQuestion question{.architecture = "x86_64",
                                    .packages = request.packages,
                                    .repositories = {run.repository},
                                    .weak_dependencies = "ignored"};
  return lock::with_architecture({}, {.architecture = "x86_64",
                                      .request = lock::digest_of(question),
                                      .repositories = lock::locked_repositories({snapshots[0]}),
                                      .packages = std::get<resolve::Resolution>(result).packages});
}

} // namespace

TEST_CASE("from a directory of packages to a lock and back to verified files") {
  const auto rpms = imagewright_test::find_shared_data("rpms/rpm-tests");
  if (!rpms) IMAGEWRIGHT_SKIP("../shared/data/rpms is not on this machine");
  if (!imagewright_test::has_program("createrepo_c")) {
    IMAGEWRIGHT_SKIP("createrepo_c is not installed");
  }
  Run run;
  const auto directory = run.scratch / "repository";
  std::filesystem::create_directory(directory);
  for (const char* name :
       {"hello-1.0-1.i386.rpm", "foo-1.0-1.noarch.rpm", "capstest-1.0-1.noarch.rpm"}) {
    std::filesystem::copy_file(*rpms / name, directory / name);
  }
  const std::string command = "createrepo_c --quiet " + directory.string();
  REQUIRE(std::system(command.c_str()) == 0);
  run.repository.path = directory;

  const model::Lock made = make_lock(run, {"capstest", "foo"});
  const model::Lock read = lock::parse(lock::to_text(made), "node.lock.json");
  CHECK(read == made);
  const auto packages = run.repositories().download(read.architectures.at(0));
  REQUIRE(packages.files.size() == 2);
  for (const model::PackageFile& file : packages.files) {
    CHECK(std::filesystem::file_size(file.path) == file.package.download_size.bytes());
  }
  // The second time everything comes from prepared metadata, and the answer is the same.
  CHECK(make_lock(run, {"foo", "capstest"}) == made);
}
