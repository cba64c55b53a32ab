// SPDX-License-Identifier: MIT
#include <algorithm>

#include <imagewright_test/skip.hpp>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "served_repository.hpp"

using namespace imagewright;
using Names = std::vector<std::string>;

namespace {

/// A repository whose metadata must be signed by one of these keys.
model::Repository signed_repository(const std::string& url, const Names& keys) {
  model::Repository repository = unsigned_repository(url);
  repository.metadata_signature = model::SignatureCheck::required;
  repository.package_signatures = model::SignatureCheck::required;
  for (const std::string& key : keys)
    repository.gpg_keys.push_back({key, {}});
  return repository;
}

base::Diagnostic snapshot_error(Fetching& fetching, const model::Repository& repository) {
  return error_of([&] { fetching.set({repository}).load_snapshots(); });
}

} // namespace

TEST_CASE("metadata signed by one of the repository's keys is accepted") {
  if (!can_make_keys()) IMAGEWRIGHT_SKIP("gpg is not installed");
  const SigningKey key;
  const SigningKey other;
  HttpServer server;
  serve(server, make_repository(&key));
  server.serve("/key", {.content = key.public_key()});
  Fetching fetching;
  const auto other_file = fetching.scratch.write("other.asc", other.public_key());
  const auto repository =
      signed_repository(server.url(), {other_file.string(), server.url() + "/key"});
  const auto snapshots = fetching.set({repository}).load_snapshots();
  REQUIRE(snapshots.size() == 1);
  Names expected{key.fingerprint(), other.fingerprint()};
  std::sort(expected.begin(), expected.end());
  CHECK(snapshots[0].key_fingerprints == expected);

  SECTION("without network everything comes from the cache") {
    fetching.options.network = repo::Network::forbidden;
    CHECK(fetching.set({repository}).load_snapshots() == snapshots);
    const auto keys = fetching.set({repository}).load_keys();
    REQUIRE(keys.size() == 1);
    CHECK(keys[0].fingerprints == expected);
    CHECK(keys[0].keys.size() == 2);
  }
  SECTION("what the cache remembers is verified again") {
    fetching.options.network = repo::Network::forbidden;
    auto without_key = repository;
    without_key.gpg_keys.pop_back();
    CHECK(snapshot_error(fetching, without_key).code == "repo.signature-unknown-key");
  }
}

TEST_CASE("metadata signed by a key that is not the repository's is refused") {
  if (!can_make_keys()) IMAGEWRIGHT_SKIP("gpg is not installed");
  const SigningKey key;
  const SigningKey other;
  HttpServer server;
  serve(server, make_repository(&key));
  Fetching fetching;
  const auto file = fetching.scratch.write("other.asc", other.public_key());
  const auto repository = signed_repository(server.url(), {file.string()});
  CHECK(snapshot_error(fetching, repository).code == "repo.signature-unknown-key");
  CHECK(kind_of([&] { fetching.set({repository}).load_snapshots(); }) ==
        base::FailureKind::verification);
}

TEST_CASE("metadata that was changed after it was signed is refused") {
  if (!can_make_keys()) IMAGEWRIGHT_SKIP("gpg is not installed");
  const SigningKey key;
  HttpServer server;
  RepositoryFiles files = make_repository(&key);
  Fetching fetching;
  const auto file = fetching.scratch.write("key.asc", key.public_key());
  SECTION("other metadata") {
    files["/repodata/repomd.xml"] += "<!-- changed -->\n";
  }
  SECTION("something that is no signature") {
    files["/repodata/repomd.xml.asc"] = "no signature";
  }
  SECTION("an empty signature") {
    files["/repodata/repomd.xml.asc"] = "";
  }
  serve(server, files);
  CHECK(snapshot_error(fetching, signed_repository(server.url(), {file.string()})).code ==
        "repo.signature-bad");
}

TEST_CASE("metadata without a signature is refused unless that is allowed") {
  if (!can_make_keys()) IMAGEWRIGHT_SKIP("gpg is not installed");
  const SigningKey key;
  HttpServer server;
  serve(server, make_repository());
  Fetching fetching;
  const auto file = fetching.scratch.write("key.asc", key.public_key());
  auto repository = signed_repository(server.url(), {file.string()});
  CHECK(snapshot_error(fetching, repository).code == "repo.signature-missing");
  repository.metadata_signature = model::SignatureCheck::skipped;
  const auto snapshots = fetching.set({repository}).load_snapshots();
  REQUIRE(snapshots.size() == 1);
  // Its packages are signed all the same.
  CHECK(snapshots[0].key_fingerprints == Names{key.fingerprint()});
}

TEST_CASE("a signature cannot be required without keys") {
  HttpServer server;
  serve(server, make_repository());
  server.serve("/repodata/repomd.xml.asc", {.content = "any"});
  Fetching fetching;
  CHECK(snapshot_error(fetching, signed_repository(server.url(), {})).code ==
        "repo.signature-unverifiable");
}

TEST_CASE("a private key is refused, and nothing of it is kept") {
  if (!can_make_keys()) IMAGEWRIGHT_SKIP("gpg is not installed");
  const SigningKey key;
  HttpServer server;
  serve(server, make_repository(&key));
  Fetching fetching;
  const std::string secret = key.private_key();
  std::string disguised = secret;
  for (std::size_t at; (at = disguised.find("PRIVATE")) != std::string::npos;)
    disguised.replace(at, 7, "PUBLIC");
  const std::vector<std::pair<std::string, std::string>> contents{
      {"armored", secret},
      {"binary", key.binary_private_key()},
      {"after the public half", key.public_key() + secret},
      {"after the public half, binary", key.binary_key() + key.binary_private_key()},
      {"under another name", disguised},
      {"PEM", "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END PRIVATE KEY-----\n"},
      {"DER", std::string("\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70", 12)}};
  const std::string shadow = "root:$6$salt$whatever:19000:0:99999:7:::\n";
  const auto mistaken = fetching.scratch.write("shadow", shadow);
  const auto mistake =
      snapshot_error(fetching, signed_repository(server.url(), {mistaken.string()}));
  CHECK(mistake.code == "repo.key-unreadable");
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(fetching.cache.directory())) {
    if (entry.is_regular_file())
      CHECK(imagewright_test::read_text(entry.path()).find(shadow) == std::string::npos);
  }
  for (const auto& [name, content] : contents) {
    INFO(name);
    const auto file = fetching.scratch.write("key", content);
    server.serve("/key", {.content = content});
    for (const std::string& address : {file.string(), server.url() + "/key"}) {
      INFO(address);
      const auto said = snapshot_error(fetching, signed_repository(server.url(), {address}));
      CHECK(said.code == "repo.private-key");
      CHECK_FALSE(said.hint.empty());
    }
    fetching.options.key_places = {file};
    const auto named = signed_repository(server.url(), {key.fingerprint()});
    CHECK(snapshot_error(fetching, named).code == "repo.private-key");
    fetching.options.key_places = {};
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(fetching.cache.directory())) {
      if (entry.is_regular_file())
        CHECK(imagewright_test::read_text(entry.path()).find(content) == std::string::npos);
    }
  }
}

TEST_CASE("a key that cannot be had or read is refused") {
  if (!can_make_keys()) IMAGEWRIGHT_SKIP("gpg is not installed");
  const SigningKey key;
  HttpServer server;
  serve(server, make_repository(&key));
  server.serve("/not-a-key", {.content = "<html/>"});
  Fetching fetching;
  server.serve("/no-key", {.content = "nothing"});
  for (const std::string& address :
       {std::string("/nonexistent/key.asc"), server.url() + "/gone", server.url() + "/no-key"}) {
    INFO(address);
    CHECK(snapshot_error(fetching, signed_repository(server.url(), {address})).code ==
          "repo.key-unreadable");
  }
  CHECK(snapshot_error(fetching, signed_repository(server.url(), {server.url() + "/not-a-key"}))
            .code == "repo.portal");
}

TEST_CASE("keys that the lock does not name are refused") {
  if (!can_make_keys()) IMAGEWRIGHT_SKIP("gpg is not installed");
  const SigningKey key;
  const SigningKey other;
  HttpServer server;
  server.serve("/key", {.content = key.public_key()});
  Fetching fetching;
  const auto repository = signed_repository(server.url(), {server.url() + "/key"});
  model::ArchitectureLock lock{
      .architecture = "x86_64",
      .repositories = {{.name = "base", .key_fingerprints = {key.fingerprint()}}}};
  CHECK(fetching.set({repository}).load_keys(&lock).size() == 1);
  // The cached key is good enough as long as it is the right one.
  CHECK(fetching.set({repository}).load_keys(&lock).size() == 1);
  CHECK(server.count("/key") == 1);
  lock.repositories[0].key_fingerprints = {other.fingerprint()};
  CHECK(error_of([&] { fetching.set({repository}).load_keys(&lock); }).code == "repo.key-changed");
  // A key that was exchanged on the server is found when the lock knows the new one.
  server.serve("/key", {.content = other.public_key()});
  CHECK(fetching.set({repository}).load_keys(&lock).at(0).fingerprints ==
        Names{other.fingerprint()});
}

namespace {

model::Repository with_key_file(const Fetching& fetching, const HttpServer& server,
                                const std::string& content) {
  return signed_repository(server.url(), {fetching.scratch.write("keys", content).string()});
}

} // namespace

TEST_CASE("every key of a file counts, armored or binary, in one block or in several") {
  if (!can_make_keys()) IMAGEWRIGHT_SKIP("gpg is not installed");
  const SigningKey old_key;
  const SigningKey new_key;
  HttpServer server;
  serve(server, make_repository(&new_key));
  Fetching fetching;
  for (const std::string& content :
       {old_key.public_key() + new_key.public_key(), new_key.public_key() + old_key.public_key(),
        old_key.binary_key() + new_key.binary_key()}) {
    const auto repository = with_key_file(fetching, server, content);
    CHECK(fetching.set({repository}).load_snapshots().at(0).key_fingerprints.size() == 2);
    const auto keys = fetching.set({repository}).load_keys();
    REQUIRE(keys.at(0).keys.size() == 2);
    CHECK(keys[0].keys[0] != keys[0].keys[1]);
  }
}

TEST_CASE("a damaged key beside good ones is not passed over") {
  if (!can_make_keys()) IMAGEWRIGHT_SKIP("gpg is not installed");
  const SigningKey right;
  const SigningKey other;
  HttpServer server;
  serve(server, make_repository(&right));
  Fetching fetching;
  const std::string good = right.public_key();
  const std::string text = other.public_key();
  std::string letter = text;
  char& middle = letter[letter.size() / 2];
  middle = middle == 'A' ? 'B' : 'A';
  std::string word = text;
  word.replace(word.find("BLOCK"), 5, "BLOCX");
  const std::string binary = other.binary_key();
  for (const std::string& damaged :
       {text.substr(0, text.size() / 2), text.substr(0, text.size() - 40), letter, word,
        std::string(
            "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n-----END PGP PUBLIC KEY BLOCK-----\n")}) {
    for (const std::string& content : {good + damaged, damaged + "\n" + good}) {
      INFO(content);
      CHECK(snapshot_error(fetching, with_key_file(fetching, server, content)).code ==
            "repo.key-unreadable");
    }
  }
  for (const std::string& content :
       {right.binary_key() + binary.substr(0, binary.size() / 2), right.binary_key() + "garbage",
        right.binary_key() + std::string(20, '\xff')})
    CHECK(snapshot_error(fetching, with_key_file(fetching, server, content)).code ==
          "repo.key-unreadable");
  // Words around a block are no key.
  const std::string words = "The key of a release:\n" + good + "and that is all\n";
  CHECK(fetching.set({with_key_file(fetching, server, words)}).load_snapshots().size() == 1);
}

TEST_CASE("a key without a user name in front of the right one is nobody's") {
  if (!can_make_keys()) IMAGEWRIGHT_SKIP("gpg is not installed");
  const SigningKey right;
  const SigningKey attacker;
  HttpServer server;
  serve(server, make_repository(&right));
  Fetching fetching;
  const auto repository = with_key_file(fetching, server, attacker.bare_key() + right.binary_key());
  const auto keys = fetching.set({repository}).load_keys();
  CHECK(keys.at(0).fingerprints == Names{right.fingerprint()});
  REQUIRE(keys.at(0).keys.size() == 1);
  CHECK(keys[0].keys[0] == right.binary_key());
  serve(server, make_repository(&attacker));
  CHECK(snapshot_error(fetching, repository).code == "repo.signature-unknown-key");
  CHECK(snapshot_error(fetching, with_key_file(fetching, server, attacker.bare_key())).code ==
        "repo.key-unreadable");
}

TEST_CASE("expired and revoked keys do not count, and the others of their file do") {
  if (!can_make_keys()) IMAGEWRIGHT_SKIP("gpg is not installed");
  const SigningKey expired(KeyKind::expired);
  const SigningKey revoked(KeyKind::revoked);
  const SigningKey current;
  HttpServer server;
  serve(server, make_repository(&current));
  Fetching fetching;
  const auto repository = with_key_file(
      fetching, server, expired.public_key() + revoked.public_key() + current.public_key());
  CHECK(fetching.set({repository}).load_snapshots().size() == 1);
  const auto keys = fetching.set({repository}).load_keys();
  CHECK(keys.at(0).fingerprints.size() == 3);
  CHECK(keys.at(0).keys == Names{current.binary_key()});
  for (const SigningKey* key : {&expired, &revoked}) {
    const auto alone = with_key_file(fetching, server, key->public_key());
    CHECK(snapshot_error(fetching, alone).code == "repo.key-expired");
    CHECK(error_of([&] { fetching.set({alone}).load_keys(); }).code == "repo.key-expired");
  }
}

TEST_CASE("a key that is not made yet is told as a clock that is wrong") {
  if (!can_make_keys()) IMAGEWRIGHT_SKIP("gpg is not installed");
  const SigningKey future(KeyKind::future);
  HttpServer server;
  serve(server, make_repository());
  server.serve("/repodata/repomd.xml.asc", {.content = "any"});
  Fetching fetching;
  const auto error = snapshot_error(fetching, with_key_file(fetching, server, future.public_key()));
  CHECK(error.code == "repo.clock-behind");
  CHECK(error.hint == "set the clock of this host");
}

TEST_CASE("a signature over SHA-1 is refused") {
  if (!can_make_keys()) IMAGEWRIGHT_SKIP("gpg is not installed");
  const SigningKey key(KeyKind::rsa);
  HttpServer server;
  RepositoryFiles files = make_repository();
  files["/repodata/repomd.xml.asc"] = key.sign(files["/repodata/repomd.xml"], "--digest-algo SHA1");
  serve(server, files);
  Fetching fetching;
  CHECK(snapshot_error(fetching, with_key_file(fetching, server, key.public_key())).code ==
        "repo.signature-weak");
}

TEST_CASE("a key that is named by its fingerprint is looked for in files, and only it counts") {
  if (!can_make_keys()) IMAGEWRIGHT_SKIP("gpg is not installed");
  const SigningKey key;
  const SigningKey other;
  HttpServer server;
  serve(server, make_repository(&key));
  Fetching fetching;
  const auto repository = signed_repository(server.url(), {key.fingerprint()});
  fetching.options.key_places = {fetching.scratch / "nothing", fetching.scratch / "keys"};
  std::filesystem::create_directory(fetching.scratch / "keys");
  fetching.options.key_sources = {{key.fingerprint(), "ask the vendor"}};

  const auto missing = snapshot_error(fetching, repository);
  CHECK(missing.code == "repo.key-not-found");
  CHECK(missing.hint.find("ask the vendor") != std::string::npos);
  CHECK(missing.hint.find("--key") != std::string::npos);

  // A file of several keys, beside one that is none.
  fetching.scratch.write("keys/a-note.txt", "not a key\n");
  fetching.scratch.write("keys/keys.asc", other.public_key() + key.public_key());
  const auto snapshots = fetching.set({repository}).load_snapshots();
  CHECK(snapshots.at(0).key_fingerprints == Names{key.fingerprint()});

  // Once found it is known.
  fetching.options.key_places.clear();
  CHECK(fetching.set({repository}).load_snapshots() == snapshots);
}

TEST_CASE("a cache that others wrote names no keys") {
  if (!can_make_keys()) IMAGEWRIGHT_SKIP("gpg is not installed");
  const SigningKey key;
  const SigningKey attacker;
  HttpServer server;
  serve(server, make_repository(&attacker));
  server.serve("/key", {.content = key.public_key()});
  Fetching fetching;
  const auto poison = [&](const std::string& name) {
    const base::Digest digest = fetching.cache.put_text(attacker.public_key());
    fetching.cache.put_note("key", name, digest.to_string());
  };

  SECTION("in the place of a key that is named by its fingerprint") {
    poison(key.fingerprint());
    CHECK(snapshot_error(fetching, signed_repository(server.url(), {key.fingerprint()})).code ==
          "repo.key-not-found");
  }
  SECTION("in the place of a key that was fetched") {
    if (::geteuid() != 0) IMAGEWRIGHT_SKIP("only root can give files away");
    poison(server.url() + "/key");
    const auto repository = signed_repository(server.url(), {server.url() + "/key"});
    const auto keys = [&] { return fetching.set({repository}).load_keys().at(0).fingerprints; };
    // A note of one's own is believed.
    CHECK(keys() == Names{attacker.fingerprint()});
    for (const auto& note :
         std::filesystem::directory_iterator(fetching.scratch / "cache/notes/key"))
      REQUIRE(::chown(note.path().c_str(), 12345, 12345) == 0);
    CHECK(keys() == Names{key.fingerprint()});
  }
}

TEST_CASE("keys that are given stand for a key that is named only where the repository was moved") {
  if (!can_make_keys()) IMAGEWRIGHT_SKIP("gpg is not installed");
  const SigningKey vendor;
  const SigningKey other;
  HttpServer server;
  serve(server, make_repository(&other));
  Fetching fetching;
  const auto repository = signed_repository(server.url(), {vendor.fingerprint()});
  fetching.options.given_keys = {fetching.scratch.write("other.asc", other.public_key())};
  fetching.options.key_places = fetching.options.given_keys;

  CHECK(snapshot_error(fetching, repository).code == "repo.key-not-found");
  fetching.options.moved_repositories = {"another"};
  CHECK(snapshot_error(fetching, repository).code == "repo.key-not-found");

  fetching.options.moved_repositories = {repository.name};
  const auto snapshots = fetching.set({repository}).load_snapshots();
  CHECK(snapshots.at(0).key_fingerprints == Names{other.fingerprint()});
  CHECK(fetching.set({repository}).load_keys().at(0).fingerprints == Names{other.fingerprint()});

  SECTION("with the named key among them only that one counts") {
    fetching.options.given_keys.push_back(
        fetching.scratch.write("vendor.asc", vendor.public_key()));
    fetching.options.key_places = fetching.options.given_keys;
    CHECK(snapshot_error(fetching, repository).code == "repo.signature-unknown-key");
  }
  SECTION("without any nothing is believed") {
    fetching.options.given_keys.clear();
    fetching.options.key_places.clear();
    CHECK(snapshot_error(fetching, repository).code == "repo.key-not-found");
  }
  SECTION("a file without a key is refused by its name") {
    fetching.options.given_keys = {fetching.scratch.write("no.asc", "nothing")};
    CHECK(snapshot_error(fetching, repository).code == "repo.key-unreadable");
  }
}
