// SPDX-License-Identifier: MIT
#include <functional>
#include <string>

#include <imagewright_test/golden.hpp>
#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/lock/base_lock.hpp>
#include <imagewright/lock/lock_file.hpp>

using namespace imagewright;

namespace {

base::Digest digest(char digit) {
  return {base::DigestAlgorithm::sha256, std::string(64, digit)};
}

model::LockedPackage package(const std::string& name, std::uint32_t epoch, char digit) {
  return {.nevra = {.name = name,
                    .epoch = epoch,
                    .version = "1.2",
                    .release = "3.azl3",
                    .architecture = "x86_64"},
          .repository = "base",
          .location = "Packages/" + name + ".rpm",
          .checksum = digest(digit),
          .download_size = base::ByteSize(1000),
          .installed_size = base::ByteSize(std::uint64_t{1} << 40U),
          .build_time = base::Epoch(std::chrono::seconds(1700000000))};
}

model::Lock example() {
  const model::LockedRepository repository{.name = "base",
                                           .address = "https://packages.example/base",
                                           .metadata = digest('a'),
                                           .key_fingerprints = {"0123456789ABCDEF"}};
  model::LockedRepository unsigned_repository = repository;
  unsigned_repository.name = "local";
  unsigned_repository.key_fingerprints.clear();
  return {.architectures = {{.architecture = "aarch64", .request = digest('1')},
                            {.architecture = "x86_64",
                             .request = digest('2'),
                             .repositories = {repository, unsigned_repository},
                             .packages = {package("bash", 0, '3'), package("dhcp\"x\"", 4, '4')}}}};
}

base::Diagnostic error_of(const std::string& text) {
  try {
    lock::parse(text, "node.lock.json");
  } catch (const base::Error& error) {
    CHECK(error.kind() == base::FailureKind::input);
    return error.diagnostic();
  }
  return {.code = "no error"};
}

std::string replaced(std::string text, const std::string& old_part, const std::string& new_part) {
  const std::size_t found = text.find(old_part);
  REQUIRE(found != std::string::npos);
  return text.replace(found, old_part.size(), new_part);
}

} // namespace

TEST_CASE("a lock is written as one line per package") {
  imagewright_test::check_golden(imagewright_test::source_directory() /
                                     "tests/golden/lock/expected.lock.json",
                                 lock::to_text(example()));
}

TEST_CASE("a lock is read back as it was") {
  CHECK(lock::parse(lock::to_text(example()), "node.lock.json") == example());
  CHECK(lock::parse(lock::to_text({}), "node.lock.json") == model::Lock{});
}

TEST_CASE("the order in the value does not show in the text") {
  model::Lock shuffled = example();
  std::swap(shuffled.architectures[0], shuffled.architectures[1]);
  std::swap(shuffled.architectures[0].packages[0], shuffled.architectures[0].packages[1]);
  std::swap(shuffled.architectures[0].repositories[0], shuffled.architectures[0].repositories[1]);
  CHECK(lock::to_text(shuffled) == lock::to_text(example()));
}

TEST_CASE("a damaged lock is refused with the place") {
  const std::string good = lock::to_text(example());
  CHECK(error_of("").code == "lock.damaged");
  CHECK(error_of("[]").code == "lock.damaged");
  CHECK(error_of(good.substr(0, good.size() / 2)).code == "lock.damaged");
  const base::Diagnostic bad_digest = error_of(replaced(good, "sha256:3333", "sha256:333"));
  CHECK(bad_digest.code == "lock.damaged");
  CHECK(bad_digest.message.find("architectures.x86_64.packages[0]") != std::string::npos);
  CHECK(error_of(replaced(good, "\"1.2-3.azl3\"", "\"1.2\"")).code == "lock.damaged");
  CHECK(error_of(replaced(good, "\"4:1.2-3.azl3\"", "\"x:1.2-3\"")).code == "lock.damaged");
  CHECK(error_of(replaced(good, "\"downloadSize\":1000", "\"downloadSize\":-1")).code ==
        "lock.damaged");
}

TEST_CASE("a location outside its repository is refused") {
  const std::string good = lock::to_text(example());
  CHECK(error_of(replaced(good, "Packages/bash.rpm", "../bash.rpm")).code == "lock.damaged");
  CHECK(error_of(replaced(good, "Packages/bash.rpm", "/bash.rpm")).code == "lock.damaged");
}

TEST_CASE(
    "places with a scheme or hidden climbing, impossible sizes and steering names are refused") {
  const std::string good = lock::to_text(example());
  for (const char* location : {"file:///etc/passwd", "http://host/a.rpm", "a/%2e%2e/b", "a//b"}) {
    INFO(location);
    CHECK(error_of(replaced(good, "Packages/bash.rpm", location)).code == "lock.damaged");
  }
  CHECK(error_of(replaced(good, "\"downloadSize\":1000", "\"downloadSize\":18446744073709551615"))
            .code == "lock.damaged");
  CHECK(error_of(replaced(good, "\"bash\"", "\"::error::x\"")).code == "lock.damaged");
  for (const char* name :
       {"\"../base\"", "\"::error::x\"", "\"b\\u202Ease\"", "\"b\\u001b[2Jase\"", "\"\""}) {
    INFO(name);
    CHECK(error_of(replaced(good, "\"repository\":\"base\"", std::string("\"repository\":") + name))
              .code == "lock.damaged");
    CHECK(error_of(replaced(good, "{\"name\":\"base\"", std::string("{\"name\":") + name)).code ==
          "lock.damaged");
    CHECK(error_of(replaced(good, "\"x86_64\": {", std::string(name) + ": {")).code ==
          "lock.damaged");
  }
}

TEST_CASE("a package's own base is kept beside its location") {
  model::Lock lock = example();
  lock.architectures[1].packages[0].location = "https://pool.example/p/bash-1^2.rpm";
  const std::string text = lock::to_text(lock);
  CHECK(text.find("\"location\":\"bash-1^2.rpm\"") != std::string::npos);
  CHECK(text.find("\"base\":\"https://pool.example/p\"") != std::string::npos);
  CHECK(lock::parse(text, "node.lock.json") == lock);
}

TEST_CASE("a lock of a newer format is refused as such") {
  CHECK(error_of(replaced(lock::to_text(example()), "\"format\": 1", "\"format\": 2")).code ==
        "lock.unknown-format");
}

TEST_CASE("the lock stands beside its config") {
  CHECK(lock::lock_path_of("configs/node.yaml") == "configs/node.lock.json");
  CHECK(lock::lock_path_of("node") == "node.lock.json");
}

TEST_CASE("what was asked is kept, one wish a line") {
  model::Lock value = example();
  value.architectures[0].asked = {"exclude vim", "package bash"};
  const std::string text = lock::to_text(value);
  CHECK(text.find("        \"exclude vim\",\n        \"package bash\"\n") != std::string::npos);
  CHECK(lock::parse(text, "node.lock.json") == value);
}

TEST_CASE("an empty lock is told as one, with a way out") {
  const base::Diagnostic empty = error_of(" \n");
  CHECK(empty.code == "lock.damaged");
  CHECK(empty.message == "the lock \"node.lock.json\" is empty");
  CHECK(empty.hint.find("remove it") != std::string::npos);
}

TEST_CASE("a lock says of one architecture that it starts from a base", "[lock]") {
  const lock::LockWithBases with{
      .lock = example(),
      .bases = {{"x86_64",
                 {.digest = digest('5'), .kept = {"a-1-1.noarch", "b-2-1.x86_64"}, .erased = {}}}}};
  const std::string text = lock::to_text_with_bases(with);
  CHECK(lock::parse_with_bases(text, "node.lock.json") == with);
  CHECK(lock::parse(text, "node.lock.json") == example());
  CHECK(lock::parse_with_bases(lock::to_text(example()), "node.lock.json").bases.empty());
  CHECK(error_of(replaced(text, "a-1-1.noarch", "")).code == "lock.damaged");
  CHECK(error_of(replaced(text, "a-1-1.noarch", "a\\u001b")).code == "lock.damaged");
  CHECK(error_of(replaced(text, "\"erased\": []", "\"erased\": {}")).code == "lock.damaged");
  CHECK(error_of(replaced(text, digest('5').to_string(), "sha256:5")).code == "lock.damaged");
}

TEST_CASE("a base of a registry is named with its digest", "[lock]") {
  const std::string source = "127.0.0.1:5000/os/node:3.0@" + digest('6').to_string();
  const lock::LockWithBases with{
      .lock = example(),
      .bases = {{"x86_64", {.digest = digest('5'), .source = source, .kept = {}, .erased = {}}}}};
  const std::string text = lock::to_text_with_bases(with);
  CHECK(lock::parse_with_bases(text, "node.lock.json") == with);
  for (const char* other : {"", "host/name:3.0", "host/name@", "host/name@sha256:5", "name@x/y"})
    CHECK(error_of(replaced(text, source, other)).code == "lock.damaged");
}
