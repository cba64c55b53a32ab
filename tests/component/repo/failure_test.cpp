// SPDX-License-Identifier: MIT
#include <imagewright_test/tiny_repository.hpp>

#include <catch2/catch.hpp>

#include "served_repository.hpp"

using namespace imagewright;

namespace {

base::Diagnostic snapshot_error(Fetching& fetching, const model::Repository& repository) {
  return error_of([&] { fetching.set({repository}).load_snapshots(); });
}

} // namespace

TEST_CASE("a repository that is not there is told with its name and line") {
  HttpServer server;
  Fetching fetching;
  const auto error = snapshot_error(fetching, unsigned_repository(server.url() + "/gone"));
  CHECK(error.code == "repo.metadata-missing");
  CHECK(error.message.starts_with("repository \"base\": "));
  CHECK(error.where == base::SourceLocation{"node.yaml", 7, 3});
  // What is not there is not asked for again and again.
  CHECK(server.count("/gone/repodata/repomd.xml") == 1);
}

TEST_CASE("a server that cannot be reached is told") {
  Fetching fetching;
  const auto error = snapshot_error(fetching, unsigned_repository(dead_url()));
  CHECK(error.code == "repo.unreachable");
  CHECK(error.hint.find("--offline") != std::string::npos);
}

TEST_CASE("tampered metadata is refused") {
  HttpServer server;
  RepositoryFiles files = make_repository();
  files["/repodata/primary.xml"][100] = '#';
  serve(server, files);
  Fetching fetching;
  const auto repository = unsigned_repository(server.url());
  CHECK(snapshot_error(fetching, repository).code == "repo.metadata-checksum");
  CHECK(kind_of([&] { fetching.set({repository}).load_snapshots(); }) ==
        base::FailureKind::verification);
}

TEST_CASE("truncated metadata is refused") {
  HttpServer server;
  RepositoryFiles files = make_repository();
  serve(server, files);
  Fetching fetching;
  SECTION("a shorter file") {
    server.serve("/repodata/primary.xml",
                 {.content = files["/repodata/primary.xml"].substr(0, 200)});
  }
  SECTION("a connection that breaks before the first byte each time") {
    server.serve("/repodata/primary.xml",
                 {.content = files["/repodata/primary.xml"], .broken_after = 0, .breaks = 1000});
  }
  CHECK(snapshot_error(fetching, unsigned_repository(server.url())).code ==
        "repo.metadata-truncated");
}

TEST_CASE("a table of contents that cannot be read is refused") {
  HttpServer server;
  Fetching fetching;
  const auto repository = unsigned_repository(server.url());
  server.serve("/repodata/repomd.xml", {.content = "login"});
  CHECK(snapshot_error(fetching, repository).code == "repo.metadata-damaged");
  server.serve("/repodata/repomd.xml", {.content = "<repomd><data"});
  CHECK(snapshot_error(fetching, repository).code == "repo.metadata-damaged");
  server.serve("/repodata/repomd.xml", {.content = imagewright_test::repomd_xml({})});
  CHECK(snapshot_error(fetching, repository).code == "repo.metadata-damaged");
}

TEST_CASE("metadata outside the repository is refused") {
  HttpServer server;
  Fetching fetching;
  server.serve("/repodata/repomd.xml",
               {.content = imagewright_test::repomd_xml(
                    {{"primary", "../other/primary.xml", std::string(64, 'a'), 10}})});
  CHECK(snapshot_error(fetching, unsigned_repository(server.url())).code ==
        "repo.metadata-damaged");
}

TEST_CASE("metadata with a weak checksum is refused") {
  HttpServer server;
  Fetching fetching;
  server.serve("/repodata/repomd.xml",
               {.content = imagewright_test::repomd_xml(
                    {{"primary", "repodata/primary.xml", std::string(40, 'a'), 10, "sha1"}})});
  CHECK(snapshot_error(fetching, unsigned_repository(server.url())).code == "repo.weak-checksum");
}

TEST_CASE("secrets in an address do not show") {
  HttpServer server;
  Fetching fetching;
  std::string address = server.url() + "/gone";
  address.insert(7, "user:word@");
  const auto error = snapshot_error(fetching, unsigned_repository(address));
  CHECK(error.code == "repo.metadata-missing");
  CHECK(error.message.find("word") == std::string::npos);
  CHECK(error.hint.find("word") == std::string::npos);
}
