// SPDX-License-Identifier: MIT
// What the network and those who serve on it can do to a download.
#include <algorithm>
#include <chrono>

#include <imagewright_test/tiny_repository.hpp>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include <imagewright/base/url.hpp>
#include <imagewright/report/recording_reporter.hpp>

#include "served_repository.hpp"

using namespace imagewright;
using imagewright_test::read_text;
using Clock = std::chrono::steady_clock;

namespace {

base::Diagnostic snapshot_error(Fetching& fetching, const model::Repository& repository) {
  return error_of([&] { fetching.set({repository}).load_snapshots(); });
}

model::Repository mirrored_repository(const HttpServer& server, const std::string& list) {
  model::Repository repository = unsigned_repository("");
  repository.mirror_list = server.url() + list;
  return repository;
}

std::string metalink(const std::vector<std::string>& mirrors, const std::string& hashes) {
  std::string text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<metalink version=\"3.0\" "
                     "xmlns=\"http://www.metalinker.org/\"><files><file name=\"repomd.xml\">"
                     "<size>1</size><verification>" +
                     hashes + "</verification><resources maxconnections=\"1\">";
  int preference = 100;
  for (const std::string& mirror : mirrors) {
    text += "<url protocol=\"http\" type=\"http\" preference=\"" + std::to_string(preference--) +
            "\">" + mirror + "/repodata/repomd.xml</url>";
  }
  return text + "</resources></file></files></metalink>\n";
}

std::string hash(const std::string& type, const std::string& value) {
  return "<hash type=\"" + type + "\">" + value + "</hash>";
}

std::string sha512_of(const std::string& content) {
  base::Hasher hasher(base::DigestAlgorithm::sha512);
  hasher.update(content);
  return hasher.finish().hex;
}

RepositoryFiles stale_repository() {
  RepositoryFiles files = make_repository();
  files["/repodata/repomd.xml"] += "<!-- old -->\n";
  return files;
}

} // namespace

TEST_CASE("nothing is taken beyond what is announced or allowed") {
  HttpServer server;
  const RepositoryFiles files = make_repository();
  serve(server, files);
  Fetching fetching;
  const auto repository = unsigned_repository(server.url());
  SECTION("metadata of a known size") {
    server.serve("/repodata/primary.xml",
                 {.content = files.at("/repodata/primary.xml"), .surplus = 100'000'000});
    CHECK(snapshot_error(fetching, repository).code == "repo.metadata-truncated");
  }
  SECTION("a table of contents, which nobody announces") {
    server.serve("/repodata/repomd.xml",
                 {.content = files.at("/repodata/repomd.xml"), .surplus = 100'000'000});
    CHECK(snapshot_error(fetching, repository).code == "repo.metadata-truncated");
  }
  SECTION("a package") {
    server.serve("/Packages/tool.rpm",
                 {.content = files.at("/Packages/tool.rpm"), .surplus = 100'000'000});
    CHECK(error_of([&] { fetching.set({repository}).download(lock_of(files, "base")); }).code ==
          "repo.package-checksum");
  }
}

TEST_CASE("an attempt that moved something is not a failed one") {
  HttpServer server;
  const RepositoryFiles files = make_repository();
  serve(server, files);
  server.serve("/Packages/tool.rpm",
               {.content = files.at("/Packages/tool.rpm"), .broken_after = 20'000, .breaks = 1000});
  Fetching fetching;
  fetching.options.attempts = 2;
  const auto packages =
      fetching.set({unsigned_repository(server.url())}).download(lock_of(files, "base"));
  CHECK(read_text(packages.files.at(1).path) == files.at("/Packages/tool.rpm"));
  CHECK(server.count("/Packages/tool.rpm") > 5);
}

TEST_CASE("a server that fails five times is asked a sixth time") {
  HttpServer server;
  const RepositoryFiles files = make_repository();
  serve(server, files);
  server.serve("/repodata/repomd.xml",
               {.content = files.at("/repodata/repomd.xml"), .failures_before = 5});
  Fetching fetching;
  CHECK(fetching.set({unsigned_repository(server.url())}).load_snapshots().size() == 1);
}

TEST_CASE("a server that says when it will be back is believed") {
  HttpServer server;
  const RepositoryFiles files = make_repository();
  serve(server, files);
  server.serve(
      "/repodata/repomd.xml",
      {.content = files.at("/repodata/repomd.xml"), .failures_before = 1, .retry_after = "2"});
  Fetching fetching;
  const auto begin = Clock::now();
  CHECK(fetching.set({unsigned_repository(server.url())}).load_snapshots().size() == 1);
  CHECK(Clock::now() - begin >= std::chrono::milliseconds(1900));
}

TEST_CASE("a server that sends a byte now and then does not hold a build for ever") {
  HttpServer server;
  const RepositoryFiles files = make_repository();
  serve(server, files);
  server.serve("/repodata/primary.xml", {.content = files.at("/repodata/primary.xml"),
                                         .byte_pause = std::chrono::milliseconds(20)});
  Fetching fetching;
  fetching.options.attempts = 1;
  fetching.options.rate_window = std::chrono::seconds(1);
  CHECK(snapshot_error(fetching, unsigned_repository(server.url())).code == "repo.unreachable");
}

TEST_CASE("a web page in the place of a file is called that and asked for again") {
  HttpServer server;
  const RepositoryFiles files = make_repository();
  serve(server, files);
  Fetching fetching;
  const auto repository = unsigned_repository(server.url());
  const Served page{.content = "\n<!DOCTYPE HTML>\n<html><body>log in</body></html>"};
  SECTION("metadata") {
    for (const char* path : {"/repodata/repomd.xml", "/repodata/primary.xml"}) {
      HttpServer portal;
      serve(portal, files);
      portal.serve(path, page);
      CHECK(snapshot_error(fetching, unsigned_repository(portal.url())).code == "repo.portal");
      CHECK(portal.count(path) == 6);
    }
  }
  SECTION("a package") {
    server.serve("/Packages/tool.rpm", page);
    CHECK(error_of([&] { fetching.set({repository}).download(lock_of(files, "base")); }).code ==
          "repo.portal");
  }
  SECTION("a list of mirrors") {
    server.serve("/list", page);
    CHECK(snapshot_error(fetching, mirrored_repository(server, "/list")).code == "repo.portal");
  }
}

TEST_CASE("names are encoded for the wire") {
  HttpServer server;
  RepositoryFiles files = make_repository();
  const std::string content = files.at("/Packages/tool.rpm");
  serve(server, files);
  server.serve("/Packages/leaf%2B%2B-1~b%5Egit%20%2541.rpm", {.content = content});
  model::ArchitectureLock lock = lock_of(files, "base");
  lock.packages.at(1).location = "Packages/leaf++-1~b^git %41.rpm";
  Fetching fetching;
  const auto packages = fetching.set({unsigned_repository(server.url() + "/")}).download(lock);
  CHECK(read_text(packages.files.at(1).path) == content);
}

TEST_CASE("a query of the base goes with every file and never shows") {
  HttpServer server;
  for (const auto& [path, content] : make_repository())
    server.serve("/r" + path + "?token=secret", {.content = content});
  Fetching fetching;
  auto repository = unsigned_repository(server.url() + "/r?token=secret");
  CHECK(fetching.set({repository}).load_snapshots().size() == 1);
  repository.base_url = server.url() + "/gone?token=secret";
  const auto error = snapshot_error(fetching, repository);
  CHECK(error.code == "repo.metadata-missing");
  CHECK((error.message + error.hint).find("secret") == std::string::npos);
}

TEST_CASE("nothing outside of its repository is fetched, whatever a lock says") {
  HttpServer server;
  const RepositoryFiles files = make_repository();
  serve(server, files);
  Fetching fetching;
  const auto code_with = [&](const std::string& location, const std::string& base_url) {
    model::ArchitectureLock lock = lock_of(files, "base");
    lock.packages.at(0).location = base::join_place({.base = base_url, .path = location});
    return error_of([&] { fetching.set({unsigned_repository(server.url())}).download(lock); }).code;
  };
  for (const char* location : {"../x", "file:///etc/passwd", "a/%2e%2e/b", "//host/x", "a//b"})
    CHECK(code_with(location, "") == "repo.package-outside");
  for (const char* base : {"file:///etc", "ftp://host/x", "http://u:w@host", "http://h/../x"})
    CHECK(code_with("x", base) == "repo.package-outside");
  CHECK(server.requests().empty());
}

TEST_CASE("no redirection leads to another protocol") {
  HttpServer server;
  const RepositoryFiles files = make_repository();
  serve(server, files);
  Fetching fetching;
  fetching.options.attempts = 1;
  const auto file = fetching.scratch.write("local", files.at("/repodata/primary.xml"));
  server.serve("/repodata/primary.xml", {.redirect = "file://" + file.string()});
  CHECK(snapshot_error(fetching, unsigned_repository(server.url())).code == "repo.unreachable");
  server.serve("/moved", {.content = files.at("/repodata/primary.xml")});
  server.serve("/repodata/primary.xml", {.redirect = server.url() + "/moved"});
  CHECK(fetching.set({unsigned_repository(server.url())}).load_snapshots().size() == 1);
}

TEST_CASE("metadata and packages with a base of their own come from there") {
  HttpServer server;
  RepositoryFiles files = make_repository();
  const std::string primary = files.at("/repodata/primary.xml");
  server.serve("/elsewhere/repodata/primary.xml", {.content = primary});
  server.serve("/main/repodata/repomd.xml",
               {.content = imagewright_test::repomd_xml({{.type = "primary",
                                                          .path = "repodata/primary.xml",
                                                          .checksum = base::digest_of(primary).hex,
                                                          .size = primary.size(),
                                                          .base = server.url() + "/elsewhere/"}})});
  server.serve("/pool/app.rpm", {.content = files.at("/Packages/app.rpm")});
  Fetching fetching;
  auto set = fetching.set({unsigned_repository(server.url() + "/main")});
  CHECK(read_text(set.load_snapshots().at(0).primary) == primary);
  model::ArchitectureLock lock = lock_of(files, "base");
  lock.packages.resize(1);
  lock.packages[0].location = server.url() + "/pool/app.rpm";
  CHECK(read_text(set.download(lock).files.at(0).path) == files.at("/Packages/app.rpm"));
}

TEST_CASE("a repository with module streams is refused with a sentence") {
  HttpServer server;
  Fetching fetching;
  server.serve("/repodata/repomd.xml",
               {.content = imagewright_test::repomd_xml(
                    {{"primary", "repodata/primary.xml", std::string(64, 'a'), 10},
                     {"modules", "repodata/modules.yaml", std::string(64, 'b'), 10}})});
  CHECK(snapshot_error(fetching, unsigned_repository(server.url())).code ==
        "repo.modules-unsupported");
}

TEST_CASE("mirrors that are behind are passed over by whatever digest is announced") {
  HttpServer server;
  const RepositoryFiles files = make_repository();
  const std::string& repomd = files.at("/repodata/repomd.xml");
  serve(server, stale_repository(), "/old");
  serve(server, files, "/new");
  server.serve("/page/repodata/repomd.xml", {.content = "<html>log in</html>"});
  server.serve("/short/repodata/repomd.xml", {.content = repomd.substr(0, 40)});
  Fetching fetching;
  const std::vector<std::string> mirrors{dead_url(), server.url() + "/old", server.url() + "/page",
                                         server.url() + "/short", server.url() + "/new"};
  const auto repository = mirrored_repository(server, "/metalink");
  for (const std::string& hashes :
       {hash("sha256", base::digest_of(repomd).hex), hash("sha512", sha512_of(repomd)),
        hash("md5", std::string(32, '0')) + hash("sha512", sha512_of(repomd))}) {
    server.serve("/metalink", {.content = metalink(mirrors, hashes)});
    CHECK(fetching.set({repository}).load_snapshots().at(0).metadata == base::digest_of(repomd));
  }
  for (const std::string& hashes :
       {hash("sha512", std::string(128, 'a')), hash("sha1", std::string(40, 'a')),
        hash("sha256", base::digest_of(repomd).hex) + hash("sha512", std::string(128, 'a'))}) {
    server.serve("/metalink", {.content = metalink({server.url() + "/new"}, hashes)});
    CHECK(snapshot_error(fetching, repository).code == "repo.metadata-checksum");
  }
}

TEST_CASE("it is told which mirror gave what and which was passed over") {
  HttpServer server;
  const RepositoryFiles files = make_repository();
  serve(server, files, "/good");
  server.serve("/list", {.content = server.url() + "/gone/\n" + server.url() + "/good/\n"});
  Fetching fetching;
  report::RecordingReporter reporter;
  repo::RepositorySet set({mirrored_repository(server, "/list")}, "x86_64", fetching.options,
                          {fetching.cache, reporter, fetching.cancellation});
  CHECK(set.load_snapshots().size() == 1);
  std::vector<std::string> told;
  for (const report::Event& event : reporter.events()) {
    if (const auto* warning = std::get_if<base::Diagnostic>(&event))
      told.push_back(warning->message);
    if (const auto* message = std::get_if<report::Message>(&event)) told.push_back(message->text);
  }
  REQUIRE(told.size() == 2);
  CHECK(told[0].find(server.url() + "/gone was passed over") != std::string::npos);
  CHECK(told[1] == "repository \"base\": 2 files from the mirror " + server.url() + "/good");
}

TEST_CASE("a list of mirrors names no files of this host") {
  HttpServer server;
  Fetching fetching;
  for (const auto& [path, content] : make_repository())
    fetching.scratch.write("local" + path, content);
  server.serve("/list", {.content = "file://" + (fetching.scratch / "local").string() + "\n"});
  CHECK(snapshot_error(fetching, mirrored_repository(server, "/list")).code == "repo.unreachable");
}

TEST_CASE("a mirror whose signature does not fit is passed over") {
  if (!can_make_keys()) return;
  const SigningKey key;
  HttpServer server;
  RepositoryFiles broken = make_repository(&key);
  broken["/repodata/repomd.xml"] += "<!-- old -->\n";
  serve(server, broken, "/broken");
  serve(server, make_repository(), "/unsigned");
  serve(server, make_repository(&key), "/good");
  server.serve("/list", {.content = server.url() + "/broken\n" + server.url() + "/unsigned\n" +
                                    server.url() + "/good\n"});
  Fetching fetching;
  auto repository = mirrored_repository(server, "/list");
  repository.metadata_signature = model::SignatureCheck::required;
  repository.gpg_keys = {{fetching.scratch.write("key.asc", key.public_key()).string(), {}}};
  CHECK(fetching.set({repository}).load_snapshots().size() == 1);
}

TEST_CASE("devices and pipes of a local repository are never read") {
  Fetching fetching;
  for (const auto& [path, content] : make_repository())
    fetching.scratch.write("local" + path, content);
  model::Repository repository = unsigned_repository("");
  repository.path = fetching.scratch / "local";
  const auto repomd = fetching.scratch / "local/repodata/repomd.xml";
  std::filesystem::remove(repomd);
  std::filesystem::create_symlink("/dev/zero", repomd);
  CHECK(snapshot_error(fetching, repository).code == "repo.unreachable");
  std::filesystem::remove(repomd);
  REQUIRE(::mkfifo(repomd.c_str(), 0600) == 0);
  CHECK(snapshot_error(fetching, repository).code == "repo.unreachable");
}
