// SPDX-License-Identifier: MIT
#include <algorithm>

#include <catch2/catch.hpp>

#include "served_repository.hpp"

using namespace imagewright;
using imagewright_test::read_text;

TEST_CASE("metadata comes from a server once and from the cache afterwards") {
  HttpServer server;
  const RepositoryFiles files = make_repository();
  serve(server, files, "/base");
  Fetching fetching;
  for (int run = 0; run < 2; ++run) {
    const auto snapshots =
        fetching.set({unsigned_repository(server.url() + "/base")}).load_snapshots();
    REQUIRE(snapshots.size() == 1);
    CHECK(read_text(snapshots[0].primary) == files.at("/repodata/primary.xml"));
  }
  CHECK(server.count("/base/repodata/repomd.xml") == 2);
  CHECK(server.count("/base/repodata/primary.xml") == 1);
  CHECK(server.count("/base/repodata/filelists.xml") == 0);
}

TEST_CASE("without network the newest known metadata is used") {
  HttpServer server;
  serve(server, make_repository());
  Fetching fetching;
  const auto repository = unsigned_repository(server.url());
  const auto online = fetching.set({repository}).load_snapshots();
  const auto asked = server.requests().size();
  fetching.options.network = repo::Network::forbidden;
  CHECK(fetching.set({repository}).load_snapshots() == online);
  CHECK(server.requests().size() == asked);
  CHECK(error_of([&] { fetching.set({repository}).load_filelists(online[0]); }).code ==
        "repo.offline");
}

TEST_CASE("without network and cache it says so") {
  Fetching fetching;
  fetching.options.network = repo::Network::forbidden;
  const auto repository = unsigned_repository("http://127.0.0.1:9/");
  CHECK(error_of([&] { fetching.set({repository}).load_snapshots(); }).code == "repo.offline");
  CHECK(error_of([&] {
          fetching.set({repository}).download(lock_of(make_repository(), "base"));
        }).code == "repo.offline");
}

TEST_CASE("several repositories come in the order of their names") {
  HttpServer server;
  serve(server, make_repository(), "/one");
  serve(server, make_repository(), "/two");
  Fetching fetching;
  auto first = unsigned_repository(server.url() + "/one");
  auto second = unsigned_repository(server.url() + "/two/");
  first.name = "zebra";
  second.name = "ant";
  const auto snapshots = fetching.set({first, second}).load_snapshots();
  REQUIRE(snapshots.size() == 2);
  CHECK(snapshots[0].repository.name == "ant");
  CHECK(snapshots[1].repository.name == "zebra");
}

TEST_CASE("a server that fails for a moment is asked again") {
  HttpServer server;
  const RepositoryFiles files = make_repository();
  serve(server, files);
  server.serve("/repodata/primary.xml",
               {.content = files.at("/repodata/primary.xml"), .failures_before = 1});
  Fetching fetching;
  CHECK(fetching.set({unsigned_repository(server.url())}).load_snapshots().size() == 1);
  CHECK(server.count("/repodata/primary.xml") >= 2);
}

TEST_CASE("a dead mirror is passed over") {
  HttpServer server;
  const RepositoryFiles files = make_repository();
  serve(server, files, "/base");
  server.serve("/mirrors",
               {.content = "# mirrors\n" + dead_url() + "/base/\n" + server.url() + "/base/\n"});
  Fetching fetching;
  model::Repository repository = unsigned_repository("");
  repository.mirror_list = server.url() + "/mirrors";
  auto set = fetching.set({repository});
  CHECK(set.load_snapshots().size() == 1);
  CHECK(set.download(lock_of(files, "base")).files.size() == 2);
}

TEST_CASE("a mirror with another package is passed over") {
  HttpServer server;
  const RepositoryFiles files = make_repository();
  serve(server, files, "/good");
  RepositoryFiles tampered = files;
  tampered["/Packages/tool.rpm"][0] = 'X';
  serve(server, tampered, "/bad");
  server.serve("/mirrors", {.content = server.url() + "/bad/\n" + server.url() + "/good/\n"});
  Fetching fetching;
  model::Repository repository = unsigned_repository("");
  repository.mirror_list = server.url() + "/mirrors";
  const auto packages = fetching.set({repository}).download(lock_of(files, "base"));
  REQUIRE(packages.files.size() == 2);
  CHECK(read_text(packages.files[1].path) == files.at("/Packages/tool.rpm"));
}

namespace {

std::string metalink(const std::string& url, const std::string& repomd_digest) {
  return "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
         "<metalink version=\"3.0\" xmlns=\"http://www.metalinker.org/\" "
         "xmlns:mm0=\"http://fedorahosted.org/mirrormanager\">\n"
         "<files><file name=\"repomd.xml\"><mm0:timestamp>1</mm0:timestamp><size>1</size>"
         "<verification><hash type=\"sha256\">" +
         repomd_digest +
         "</hash></verification><resources maxconnections=\"1\">"
         "<url protocol=\"http\" type=\"http\" location=\"DE\" preference=\"100\">" +
         url + "/repodata/repomd.xml</url></resources></file></files></metalink>\n";
}

} // namespace

TEST_CASE("a metalink leads to its mirror and vouches for the metadata") {
  HttpServer server;
  const RepositoryFiles files = make_repository();
  serve(server, files);
  Fetching fetching;
  model::Repository repository = unsigned_repository("");
  repository.mirror_list = server.url() + "/metalink";
  const std::string good = base::digest_of(files.at("/repodata/repomd.xml")).hex;
  server.serve("/metalink", {.content = metalink(server.url(), good)});
  CHECK(fetching.set({repository}).load_snapshots().size() == 1);
  server.serve("/metalink", {.content = metalink(server.url(), std::string(64, 'a'))});
  CHECK(error_of([&] { fetching.set({repository}).load_snapshots(); }).code ==
        "repo.metadata-checksum");
}
