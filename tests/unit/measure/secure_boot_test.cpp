// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>

#include "measure/secure_boot.hpp"
#include "tiny_flash.hpp"
#include "tiny_program.hpp"

using namespace imagewright;
using namespace imagewright::measure;
using namespace imagewright_test;
using namespace std::string_literals;

namespace {

SecureBoot secure_boot(const std::string& rows) {
  return SecureBoot(FirmwareVariables(flash(rows)));
}

std::vector<std::string> said(const EventLog& log) {
  std::vector<std::string> words;
  for (const Event& event : EventLog(log).finish().events)
    words.push_back(event.what);
  return words;
}

std::string code_of(const std::string& rows, const std::string& program) {
  EventLog log;
  try {
    secure_boot(rows).start(EfiProgram(program, "x"), "x", log);
  } catch (const base::Error& error) {
    return error.diagnostic().code;
  }
  return "";
}

const std::string k_program = tiny_program({{".text", "code"}});

} // namespace

TEST_CASE("a machine without keys starts everything, and says so in register 7") {
  SecureBoot boot = secure_boot("");
  EventLog log;
  boot.begin(log);
  boot.start(EfiProgram(k_program, "x"), "x", log);
  CHECK_FALSE(boot.is_on());
  // What the TPM of a machine with OVMF_VARS_4M.fd says.
  CHECK(EventLog(log).finish().registers.at(7).values.at(base::DigestAlgorithm::sha256).hex ==
        "65caf8dd1e0ea7a6347b635d2b379c93b9a1351edc2afc3ecda700e534eb3068");
}

TEST_CASE("a digest in db allows a program, and is told once") {
  SecureBoot boot = secure_boot(
      row(k_global_variables, "PK", "key") +
      row(k_signature_database, "db", signatures(k_sha256_signature, digest_bytes(k_program))));
  EventLog log;
  boot.start(EfiProgram(k_program, "x"), "first", log);
  boot.start(EfiProgram(k_program, "x"), "second", log);
  CHECK(said(log) == std::vector<std::string>{"db, the entry that allows first"});
}

TEST_CASE("a program that nothing allows, or something forbids, is refused") {
  const std::string key = row(k_global_variables, "PK", "key");
  const std::string own = signatures(k_sha256_signature, digest_bytes(k_program));
  const std::string other = signatures(k_sha256_signature, std::string(32, '\7'));
  CHECK(code_of(key, k_program) == "measure.refused-program");
  CHECK(code_of(key + row(k_signature_database, "db", other), k_program) ==
        "measure.refused-program");
  CHECK(code_of(key + row(k_signature_database, "db", other + own), k_program).empty());
  CHECK(code_of(key + row(k_signature_database, "db", own) + row(k_signature_database, "dbx", own),
                k_program) == "measure.refused-program");
  // A variable that was deleted does not count.
  CHECK(code_of(row(k_global_variables, "PK", "key", '\x3d'), k_program).empty());
}

TEST_CASE("of register 7 nothing is said when dbx has entries of other kinds") {
  const std::string keys =
      row(k_global_variables, "PK", "key") +
      row(k_signature_database, "db", signatures(k_sha256_signature, digest_bytes(k_program)));
  const auto reason = [&](const std::string& type) {
    SecureBoot boot = secure_boot(
        keys + row(k_signature_database, "dbx", signatures(type, std::string(48, '\7'))));
    EventLog log;
    boot.start(EfiProgram(k_program, "x"), "x", log);
    return EventLog(log).finish().registers.at(7).unknown;
  };
  CHECK(reason(k_sha256_signature).empty());
  CHECK(reason(std::string(16, '\3')).find("dbx") != std::string::npos);
}

TEST_CASE("a flash that no firmware has written to yet has no variables") {
  for (const char blank : {'\0', '\xff'}) {
    const FirmwareVariables variables(std::string(std::size_t{1} << 20U, blank));
    CHECK_FALSE(variables.is_secure_boot_on());
    CHECK_FALSE(variables.find(k_signature_database, "db"));
  }
  std::string written(std::size_t{1} << 20U, '\0');
  written.back() = 'x';
  CHECK_THROWS_AS(FirmwareVariables(written), base::Error);
}

TEST_CASE("damaged variables are refused, whatever they say of their sizes") {
  const std::string good = flash(row(k_signature_database, "db", "x"));
  CHECK_THROWS_AS(FirmwareVariables("nothing"), base::Error);
  CHECK_THROWS_AS(FirmwareVariables(std::string(1024, '\0')), base::Error);
  CHECK_THROWS_AS(FirmwareVariables(std::string_view(good).substr(0, 0x60)), base::Error);
  std::string large = good;
  put(large, 0x48 + 28 + 40, 0xfffffff0, 4);
  CHECK_THROWS_AS(FirmwareVariables(large), base::Error);
  for (const std::string& list :
       {"short"s, signatures(k_sha256_signature, "") + "x",
        std::string(16, '\0') + number(28, 4) + number(0xffffffff, 4) + number(17, 4)}) {
    CHECK_THROWS_AS(signatures_in(list, "db"), base::Error);
  }
}
