// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <filesystem>

#include <imagewright_test/skip.hpp>

#include <catch2/catch.hpp>

#include "served_repository.hpp"

using namespace imagewright;
using imagewright_test::read_text;

namespace {

void write_files(const Fetching& fetching, const RepositoryFiles& files) {
  for (const auto& [path, content] : files)
    fetching.scratch.write("repository" + path, content);
}

model::Repository local_repository(const Fetching& fetching) {
  model::Repository repository = unsigned_repository("");
  repository.path = fetching.scratch / "repository";
  return repository;
}

} // namespace

TEST_CASE("a local directory is a repository, also without network") {
  Fetching fetching;
  const RepositoryFiles files = make_repository();
  write_files(fetching, files);
  fetching.options.network = repo::Network::forbidden;
  auto set = fetching.set({local_repository(fetching)});
  const auto snapshots = set.load_snapshots();
  REQUIRE(snapshots.size() == 1);
  CHECK(snapshots[0].metadata == base::digest_of(files.at("/repodata/repomd.xml")));
  CHECK(read_text(snapshots[0].primary) == files.at("/repodata/primary.xml"));
  CHECK(snapshots[0].has_filelists);
  CHECK(read_text(set.load_filelists(snapshots[0]).value()) == files.at("/repodata/filelists.xml"));
}

TEST_CASE("packages of a local directory are verified and used in place") {
  Fetching fetching;
  const RepositoryFiles files = make_repository();
  write_files(fetching, files);
  auto set = fetching.set({local_repository(fetching)});
  const auto packages = set.download(lock_of(files, "base"));
  REQUIRE(packages.files.size() == 2);
  CHECK(packages.files[0].path == fetching.scratch / "repository/Packages/app.rpm");
  CHECK(packages.files[0].package.nevra.name == "app");
  CHECK(fetching.cache.usage().objects == 0);
}

TEST_CASE("a file URL is a local directory") {
  Fetching fetching;
  fetching.scratch.write("with blank/mark", "");
  std::filesystem::remove_all(fetching.scratch / "with blank");
  for (const auto& [path, content] : make_repository()) {
    fetching.scratch.write("with blank" + path, content);
  }
  const std::string base = fetching.scratch.path().string() + "/with%20blank";
  for (const char* scheme : {"file://", "file://localhost", "file:"}) {
    CHECK(fetching.set({unsigned_repository(scheme + base)}).load_snapshots().size() == 1);
  }
}

TEST_CASE("a replaced package of a local directory is refused") {
  Fetching fetching;
  RepositoryFiles files = make_repository();
  const auto lock = lock_of(files, "base");
  files["/Packages/tool.rpm"][0] = 'X';
  write_files(fetching, files);
  auto set = fetching.set({local_repository(fetching)});
  const auto error = error_of([&] { set.download(lock); });
  CHECK(error.code == "repo.package-checksum");
  CHECK(error.message.find("tool-1-1.x86_64") != std::string::npos);
  CHECK(kind_of([&] { set.download(lock); }) == base::FailureKind::verification);
}

TEST_CASE("a package that a local directory lacks is named") {
  Fetching fetching;
  RepositoryFiles files = make_repository();
  const auto lock = lock_of(files, "base");
  files.erase("/Packages/tool.rpm");
  write_files(fetching, files);
  CHECK(error_of([&] { fetching.set({local_repository(fetching)}).download(lock); }).code ==
        "repo.package-missing");
}

TEST_CASE("a directory without metadata is refused") {
  Fetching fetching;
  const auto error = error_of([&] { fetching.set({local_repository(fetching)}).load_snapshots(); });
  CHECK(error.code == "repo.metadata-missing");
  CHECK(error.where == base::SourceLocation{"node.yaml", 7, 3});
}

TEST_CASE("a location outside the repository is refused") {
  Fetching fetching;
  const RepositoryFiles files = make_repository();
  write_files(fetching, files);
  fetching.scratch.write("outside.rpm", files.at("/Packages/app.rpm"));
  auto lock = lock_of(files, "base");
  lock.packages[0].location = "../outside.rpm";
  CHECK(error_of([&] { fetching.set({local_repository(fetching)}).download(lock); }).code ==
        "repo.package-outside");
}

TEST_CASE("a lock that names another repository is refused") {
  Fetching fetching;
  const RepositoryFiles files = make_repository();
  write_files(fetching, files);
  CHECK(error_of([&] {
          fetching.set({local_repository(fetching)}).download(lock_of(files, "gone"));
        }).code == "repo.unknown-repository");
}

TEST_CASE("repositories of another architecture are left alone") {
  Fetching fetching;
  model::Repository other = unsigned_repository("");
  other.path = "/nonexistent";
  other.architectures = {"aarch64"};
  CHECK(fetching.set({other}).load_snapshots().empty());
}

TEST_CASE("what createrepo_c writes can be loaded") {
  const auto rpms = imagewright_test::find_shared_data("rpms/rpm-tests");
  if (!rpms) IMAGEWRIGHT_SKIP("../shared/data/rpms is not on this machine");
  if (!imagewright_test::has_program("createrepo_c")) {
    IMAGEWRIGHT_SKIP("createrepo_c is not installed");
  }
  Fetching fetching;
  for (const char* compression : {"gz", "xz", "bz2", "zstd"}) {
    const auto directory = fetching.scratch / compression;
    std::filesystem::create_directory(directory);
    const std::string command = "createrepo_c --quiet --outputdir " + directory.string() +
                                " --general-compress-type " + compression + " " + rpms->string();
    // Older versions do not know every compression.
    if (std::system((command + " 2>/dev/null").c_str()) != 0) continue;
    INFO(compression);
    model::Repository repository = unsigned_repository("");
    repository.path = directory;
    const auto snapshots = fetching.set({repository}).load_snapshots();
    REQUIRE(snapshots.size() == 1);
    CHECK(std::filesystem::file_size(snapshots[0].primary) > 100);
  }
}
