// SPDX-License-Identifier: MIT
#include <optional>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>

#include "measure/shim.hpp"
#include "memory_files.hpp"
#include "tiny_flash.hpp"
#include "tiny_program.hpp"

using namespace imagewright;
using namespace imagewright::measure;
using namespace imagewright_test;

namespace {

constexpr std::string_view k_original = "sbat,1,2021030218\n";

/// shim's section .sbatlevel: a version, two offsets from behind it, two texts.
std::string level_section(const std::string& level) {
  return number(0, 4) + number(8, 4) + number(8 + level.size() + 1, 4) + level + '\0' +
         "sbat,1,2099010100\n"s + '\0';
}

std::string shim_program(const std::string& version = "16.1",
                         const std::string& level = "sbat,1,2025021800\ngrub,5\n") {
  return tiny_program({{".data", "$Version: " + version + " $"},
                       {".sbat", "sbat,1,x\nshim,4,UEFI shim,shim,1,x\n"},
                       {".sbatlevel", level_section(level)}});
}

std::string grub_program(unsigned generation) {
  return tiny_program(
      {{".sbat", "sbat,1,x\ngrub," + std::to_string(generation) + ",x,grub,2.06,x\n"}});
}

/// Rows of a machine with Secure Boot that allows this program by its digest.
std::string secure(const std::string& program) {
  return row(k_global_variables, "PK", "key") +
         row(k_signature_database, "db", signatures(k_sha256_signature, digest_bytes(program)));
}

struct Start {
  std::string shim = shim_program();
  std::string program = grub_program(5);
  std::string variables;
  Files files{.contents = {{"/EFI/BOOT/BOOTX64.EFI", "x"}}};

  Measurement measured() const {
    const SecureBoot boot{FirmwareVariables(flash(variables))};
    Shim behind(EfiProgram(shim, "shim"), shim);
    EventLog log;
    behind.begin(FilesReader(files), "/EFI/BOOT/BOOTX64.EFI", &boot, log);
    for (int time = 0; time < 2; ++time)
      behind.measure(EfiProgram(program, "second"), "second", &boot, log);
    return std::move(log).finish();
  }
  std::string unknown(std::size_t pcr) const { return measured().registers.at(pcr).unknown; }
  std::string refusal() const {
    try {
      measured();
    } catch (const base::Error& error) {
      return error.diagnostic().code + " " + error.diagnostic().message;
    }
    return "";
  }
};

/// What stands in the log of a variable that shim has told.
bool tells(const Measurement& measurement, const VendorGuid& vendor, std::string_view name,
           std::string_view data) {
  for (const Event& event : measurement.events) {
    if (event.pcr == 7 &&
        event.digests.at(base::DigestAlgorithm::sha256) ==
            base::digest_of(variable_data(vendor, name, data), base::DigestAlgorithm::sha256))
      return true;
  }
  return false;
}

} // namespace

TEST_CASE("shim tells the level that it sets, by the state of Secure Boot") {
  Start start;
  CHECK(tells(start.measured(), k_shim_lock, "SbatLevel", k_original));
  start.variables = secure(start.program);
  CHECK(tells(start.measured(), k_shim_lock, "SbatLevel", "sbat,1,2025021800\ngrub,5\n"));
  // A level of the machine stays when it is newer, and Secure Boot is on.
  const std::string older = row(k_shim_lock, "SbatLevel", "sbat,1,2022052400\ngrub,9\n");
  const std::string newer = row(k_shim_lock, "SbatLevel", "sbat,1,2026010100\ngrub,4\n");
  start.variables = secure(start.program) + older;
  CHECK(tells(start.measured(), k_shim_lock, "SbatLevel", "sbat,1,2025021800\ngrub,5\n"));
  start.variables = secure(start.program) + newer;
  CHECK(tells(start.measured(), k_shim_lock, "SbatLevel", "sbat,1,2026010100\ngrub,4\n"));
  start.variables = newer;
  CHECK(tells(start.measured(), k_shim_lock, "SbatLevel", k_original));
}

TEST_CASE("each program is measured each time, what allows it once") {
  Start start;
  start.variables = secure(start.program);
  const Measurement measured = start.measured();
  CHECK(tells(measured, k_signature_database, "db",
              std::string(16, '\1') + digest_bytes(start.program)));
  std::size_t programs = 0;
  std::size_t authorities = 0;
  for (const Event& event : measured.events) {
    programs += event.pcr == 4;
    authorities += event.pcr == 7;
  }
  CHECK(programs == 2);
  CHECK(authorities == 2);
  // Without Secure Boot nobody asks what allows it.
  start.variables.clear();
  CHECK(start.measured().events.size() == 3);
}

TEST_CASE("what neither db nor a key allows, and what is too old, is refused") {
  Start start;
  start.variables = secure(shim_program());
  CHECK_THAT(start.refusal(),
             Catch::Contains("measure.refused-program") && Catch::Contains("key in shim"));
  start.program = grub_program(4);
  start.variables = secure(start.program);
  CHECK_THAT(start.refusal(),
             Catch::Contains("measure.refused-program") && Catch::Contains("generation"));
  start.variables.clear();
  CHECK(start.refusal().empty());
}

TEST_CASE("registers are given up where shim does more than is known") {
  Start start;
  CHECK(start.unknown(4).empty());
  CHECK(start.unknown(7).empty());
  CHECK_FALSE(start.unknown(14).empty());
  start.variables = row(k_shim_lock, "MokList", "keys");
  CHECK_THAT(start.unknown(7), Catch::Contains("MokList"));
  start.variables.clear();
  start.files.contents["/EFI/BOOT/FBX64.EFI"] = "x";
  CHECK_THAT(start.unknown(4), Catch::Contains("FBX64.EFI"));
  start.files.contents.erase("/EFI/BOOT/FBX64.EFI");
  start.files.contents["/EFI/BOOT/shim_certificate_a.efi"] = "x";
  CHECK(start.unknown(7).empty());
  start.variables = secure(start.program);
  CHECK_THAT(start.unknown(7), Catch::Contains("shim_certificate_a.efi"));
  start.files.contents.erase("/EFI/BOOT/shim_certificate_a.efi");
  start.shim = shim_program("17.0");
  CHECK_THAT(start.unknown(4), Catch::Contains("release"));
  start.shim = tiny_program({{".data", "$Version: 16.1 $"}});
  CHECK_THAT(start.unknown(7), Catch::Contains("release"));
}

TEST_CASE("the second stage stands beside shim") {
  CHECK(Shim::second_stage("/EFI/BOOT/BOOTX64.EFI") == "/EFI/BOOT/grubx64.efi");
  CHECK(Shim::second_stage("/EFI/BOOT/bootaa64.efi") == "/EFI/BOOT/grubaa64.efi");
}
