// SPDX-License-Identifier: MIT
#include <algorithm>

#include <catch2/catch.hpp>

#include <imagewright/lock/freshness.hpp>

using namespace imagewright;

namespace {

lock::LockQuestion question() {
  return {.architecture = "x86_64",
          .packages = {{.spec = "bash"}, {.spec = "kernel"}},
          .excludes = {"dracut-hostonly"},
          .repositories = {{.name = "base", .base_url = "https://packages.example/base"},
                           {.name = "extra", .base_url = "https://packages.example/extra"}},
          .weak_dependencies = "ignored"};
}

model::LockedPackage package(const std::string& name) {
  return {.nevra = {.name = name, .version = "1", .release = "1", .architecture = "noarch"}};
}

} // namespace

TEST_CASE("the request digest ignores order, repetition and positions") {
  lock::LockQuestion other = question();
  std::reverse(other.packages.begin(), other.packages.end());
  std::reverse(other.repositories.begin(), other.repositories.end());
  other.packages.push_back({.spec = "bash", .where = {"node.yaml", 12, 5}, .origin = "twice"});
  CHECK(lock::digest_of(other) == lock::digest_of(question()));
}

TEST_CASE("the request digest ignores where a repository is mirrored") {
  lock::LockQuestion other = question();
  other.repositories[0].base_url = "https://mirror.example/base";
  CHECK(lock::digest_of(other) == lock::digest_of(question()));
}

TEST_CASE("the request digest sees everything that changes the answer") {
  const base::Digest original = lock::digest_of(question());
  lock::LockQuestion other = question();
  SECTION("packages") {
    other.packages.push_back({.spec = "vim"});
  }
  SECTION("excludes") {
    other.excludes.clear();
  }
  SECTION("architecture") {
    other.architecture = "aarch64";
  }
  SECTION("weak dependencies") {
    other.weak_dependencies = "installed";
  }
  SECTION("a repository") {
    other.repositories.pop_back();
  }
  SECTION("a priority") {
    other.repositories[0].priority = 1;
  }
  SECTION("a signature that is no longer required") {
    other.repositories[0].package_signatures = model::SignatureCheck::skipped;
  }
  SECTION("an exclude of a repository") {
    other.repositories[1].exclude_packages = {"*"};
  }
  SECTION("a repository for another architecture") {
    other.repositories[1].architectures = {"aarch64"};
  }
  CHECK(lock::digest_of(other) != original);
}

namespace {

model::Lock locked(const lock::LockQuestion& asked) {
  model::ArchitectureLock entry{.architecture = asked.architecture,
                                .request = lock::digest_of(asked),
                                .asked = lock::lines_of(asked)};
  for (const model::Repository& repository : asked.repositories)
    entry.repositories.push_back({.name = repository.name});
  return {.architectures = {std::move(entry)}};
}

} // namespace

TEST_CASE("says whether a lock is fresh") {
  const model::Lock value = locked(question());
  CHECK_FALSE(lock::find_staleness(value, "a.lock.json", question()).has_value());
  lock::LockQuestion other = question();
  other.packages.push_back({.spec = "vim"});
  CHECK(lock::find_staleness(value, "a.lock.json", other)->code == "lock.stale");
  other.architecture = "aarch64";
  CHECK(lock::find_staleness(value, "a.lock.json", other)->code == "lock.architecture-missing");
}

TEST_CASE("a lock says something of each repository, and of no other") {
  const auto code_of = [](const model::Lock& value) {
    const auto fault = lock::find_staleness(value, "a.lock.json", question());
    return fault ? fault->code : "none";
  };
  model::Lock value = locked(question());
  auto& repositories = value.architectures[0].repositories;
  SECTION("a name that nobody has") {
    repositories[0].name += "x";
  }
  SECTION("one is missing") {
    repositories.pop_back();
  }
  SECTION("one stands there twice") {
    repositories.push_back(repositories[0]);
  }
  SECTION("one too many") {
    repositories.push_back({.name = "more"});
  }
  CHECK(code_of(value) == "lock.stale");
}

TEST_CASE("a stale lock says what has changed since") {
  lock::LockQuestion other = question();
  const auto said = [&](const model::Lock& value) {
    return lock::find_staleness(value, "a.lock.json", other)->message;
  };
  const model::Lock value = locked(question());
  other.packages = {{.spec = "bash"}, {.spec = "vim"}};
  other.excludes.clear();
  CHECK(said(value).ends_with("+ package vim; - exclude dracut-hostonly; - package kernel"));
  other = question();
  other.repositories[0].priority = 10;
  CHECK(
      said(value).find("+ repository base: priority 10, cost 1000, package signatures required") !=
      std::string::npos);
  for (int index = 0; index < 20; ++index)
    other.packages.push_back({.spec = "package-" + std::to_string(index)});
  CHECK(said(value).ends_with("; and 14 more"));
  SECTION("of older programs nothing is known") {
    model::Lock old = value;
    old.architectures[0].asked.clear();
    CHECK(said(old).ends_with("packages, excludes or repositories have changed since it was "
                              "written"));
  }
}

TEST_CASE("an entry replaces the one of its architecture") {
  model::Lock value{.architectures = {{.architecture = "x86_64"}}};
  value = lock::with_architecture(value, {.architecture = "aarch64"});
  value = lock::with_architecture(
      value, {.architecture = "x86_64", .packages = {package("b"), package("a")}});
  REQUIRE(value.architectures.size() == 2);
  CHECK(value.architectures[0].architecture == "aarch64");
  REQUIRE(value.architectures[1].packages.size() == 2);
  CHECK(value.architectures[1].packages[0].nevra.name == "a");
}

TEST_CASE("an update moves the named packages and pins the rest") {
  const model::ArchitectureLock entry{
      .packages = {package("bash"), package("kernel"), package("kernel-modules")}};
  CHECK(lock::pins_of(entry, {}).empty());
  const auto pins = lock::pins_of(entry, {"kernel*"});
  REQUIRE(pins.size() == 1);
  CHECK(pins[0].nevra.name == "bash");
}

TEST_CASE("a lock keeps neither secrets nor places of this host") {
  model::RepositorySnapshot snapshot;
  snapshot.repository.base_url = "https://user:word@packages.example/base";
  CHECK(lock::locked_repositories({snapshot}).front().address == "https://packages.example/base");
  snapshot.repository.base_url.clear();
  snapshot.repository.path = "/home/someone/repository";
  CHECK(lock::locked_repositories({snapshot}).front().address == "directory:repository");
}
