// SPDX-License-Identifier: MIT
#include <algorithm>
#include <thread>

#include <catch2/catch.hpp>

#include <imagewright/report/recording_reporter.hpp>

#include "served_repository.hpp"

using namespace imagewright;
using imagewright_test::read_text;

TEST_CASE("packages come from a server once and from the cache afterwards") {
  HttpServer server;
  const RepositoryFiles files = make_repository();
  serve(server, files);
  Fetching fetching;
  for (int run = 0; run < 2; ++run) {
    const auto packages =
        fetching.set({unsigned_repository(server.url())}).download(lock_of(files, "base"));
    REQUIRE(packages.files.size() == 2);
    CHECK(read_text(packages.files[0].path) == files.at("/Packages/app.rpm"));
    CHECK(read_text(packages.files[1].path) == files.at("/Packages/tool.rpm"));
  }
  CHECK(server.count("/Packages/app.rpm") == 1);
  CHECK(server.count("/Packages/tool.rpm") == 1);
}

TEST_CASE("a broken connection is taken up where it broke") {
  HttpServer server;
  const RepositoryFiles files = make_repository();
  serve(server, files);
  server.serve("/Packages/tool.rpm",
               {.content = files.at("/Packages/tool.rpm"), .broken_after = 50000, .breaks = 1});
  Fetching fetching;
  const auto packages =
      fetching.set({unsigned_repository(server.url())}).download(lock_of(files, "base"));
  REQUIRE(packages.files.size() == 2);
  CHECK(read_text(packages.files[1].path) == files.at("/Packages/tool.rpm"));
  const auto requests = server.requests();
  CHECK(std::count(requests.begin(), requests.end(),
                   Requested{.path = "/Packages/tool.rpm", .range = "bytes=50000-"}) == 1);
}

TEST_CASE("the next run takes up what the last one left") {
  HttpServer server;
  const RepositoryFiles files = make_repository();
  serve(server, files);
  server.serve("/Packages/tool.rpm", {.content = files.at("/Packages/tool.rpm"),
                                      .broken_after = 50000,
                                      .breaks = 1,
                                      .empties = 1});
  Fetching fetching;
  const auto lock = lock_of(files, "base");
  fetching.options.attempts = 1;
  const auto error =
      error_of([&] { fetching.set({unsigned_repository(server.url())}).download(lock); });
  CHECK(error.code == "repo.unreachable");
  CHECK(fetching.set({unsigned_repository(server.url())}).download(lock).files.size() == 2);
  const auto requests = server.requests();
  CHECK(std::count(requests.begin(), requests.end(),
                   Requested{.path = "/Packages/tool.rpm", .range = "bytes=50000-"}) == 2);
  // What had arrived whole was not fetched again.
  CHECK(server.count("/Packages/app.rpm") == 1);
}

TEST_CASE("a tampered package is refused and not kept") {
  HttpServer server;
  RepositoryFiles files = make_repository();
  const auto lock = lock_of(files, "base");
  files["/Packages/tool.rpm"][0] = 'X';
  serve(server, files);
  Fetching fetching;
  const auto repository = unsigned_repository(server.url());
  const auto error = error_of([&] { fetching.set({repository}).download(lock); });
  CHECK(error.code == "repo.package-checksum");
  CHECK_FALSE(fetching.cache.find(lock.packages[1].checksum).has_value());
  CHECK(kind_of([&] { fetching.set({repository}).download(lock); }) ==
        base::FailureKind::verification);
}

TEST_CASE("a shorter package is refused") {
  HttpServer server;
  RepositoryFiles files = make_repository();
  const auto lock = lock_of(files, "base");
  files["/Packages/tool.rpm"].resize(100);
  serve(server, files);
  Fetching fetching;
  CHECK(error_of([&] { fetching.set({unsigned_repository(server.url())}).download(lock); }).code ==
        "repo.package-checksum");
}

TEST_CASE("a package that the server no longer has is named") {
  HttpServer server;
  RepositoryFiles files = make_repository();
  const auto lock = lock_of(files, "base");
  files.erase("/Packages/tool.rpm");
  serve(server, files);
  Fetching fetching;
  const auto error =
      error_of([&] { fetching.set({unsigned_repository(server.url())}).download(lock); });
  CHECK(error.code == "repo.package-missing");
  CHECK(error.message.find("tool-1-1.x86_64") != std::string::npos);
  CHECK(error.hint.find("lock --update tool") != std::string::npos);
  // The other one is kept.
  CHECK(fetching.cache.find(lock.packages[0].checksum).has_value());
}

TEST_CASE("fetching tells how far it is") {
  HttpServer server;
  const RepositoryFiles files = make_repository();
  serve(server, files);
  Fetching fetching;
  report::RecordingReporter reporter;
  repo::RepositorySet set({unsigned_repository(server.url())}, "x86_64", fetching.options,
                          {fetching.cache, reporter, fetching.cancellation});
  set.download(lock_of(files, "base"));
  base::ByteSize last;
  for (const report::Event& event : reporter.events()) {
    const auto* progress = std::get_if<report::StageProgress>(&event);
    if (progress != nullptr) last = progress->progress.bytes_done;
  }
  CHECK(last == base::ByteSize(files.at("/Packages/app.rpm").size() +
                               files.at("/Packages/tool.rpm").size()));
}

TEST_CASE("a cancelled run stops fetching") {
  HttpServer server;
  const RepositoryFiles files = make_repository();
  serve(server, files);
  Fetching fetching;
  fetching.cancellation.request();
  auto set = fetching.set({unsigned_repository(server.url())});
  CHECK_THROWS_AS(set.download(lock_of(files, "base")), base::Cancelled);
  CHECK_THROWS_AS(set.load_snapshots(), base::Cancelled);
  CHECK(server.requests().empty());
}

TEST_CASE("two builds may fetch into one cache at once") {
  HttpServer server;
  const RepositoryFiles files = make_repository();
  serve(server, files);
  Fetching fetching;
  std::vector<std::size_t> counts(2, 0);
  std::vector<std::thread> threads;
  for (std::size_t& count : counts) {
    threads.emplace_back([&] {
      cache::Cache cache(fetching.scratch / "cache");
      repo::RepositorySet set({unsigned_repository(server.url())}, "x86_64", fetching.options,
                              {cache, fetching.reporter, fetching.cancellation});
      count = set.download(lock_of(files, "base")).files.size();
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  CHECK(counts == std::vector<std::size_t>{2, 2});
}
