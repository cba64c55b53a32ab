// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>

#include "measure/efi_program.hpp"
#include "tiny_program.hpp"

using namespace imagewright;
using namespace imagewright_test;
using measure::EfiProgram;

namespace {

measure::Digests digests_of(const std::string& bytes) {
  return EfiProgram(bytes, "x.efi").authenticode_digests();
}

} // namespace

TEST_CASE("a signature and its place are no part of what is measured") {
  const std::string plain = tiny_program({{".text", "code"}});
  std::string signed_one = plain;
  put(signed_one, k_checksum_place, 0x1234, 4);
  put(signed_one, k_signature_row, plain.size(), 4);
  put(signed_one, k_signature_row + 4, 8, 4);
  signed_one += "SIGNATUR";
  CHECK(digests_of(signed_one) == digests_of(plain));
  // Without a row for it the same bytes are content.
  CHECK(digests_of(plain + "SIGNATUR") != digests_of(plain));
}

TEST_CASE("every other byte counts") {
  const std::string plain = tiny_program({{".text", "code"}, {".data", "more"}});
  for (const std::size_t place : {std::size_t{4}, std::size_t{0x3f0}, plain.size() - 1}) {
    std::string changed = plain;
    changed[place] = static_cast<char>(changed[place] ^ 1);
    CHECK(digests_of(changed) != digests_of(plain));
  }
}

TEST_CASE("a section in memory is as long as it says") {
  std::string bytes = tiny_program({{".cmdline", "root=x"}});
  CHECK(EfiProgram(bytes, "x").find(".cmdline")->in_memory() == "root=x");
  CHECK_FALSE(EfiProgram(bytes, "x").find(".linux"));
  put(bytes, k_pe_header + 24 + 112 + 128 + 8, 20, 4);
  CHECK(EfiProgram(bytes, "x").find(".cmdline")->in_memory() == "root=x" + std::string(14, '\0'));
}

TEST_CASE("a program that is cut off or lies about its parts is refused") {
  const std::string whole = tiny_program({{".text", "0123456789abcdef"}});
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK_THROWS_AS(EfiProgram(whole.substr(0, size), "x"), base::Error);
  for (const std::size_t place :
       {std::size_t{0x3c}, k_pe_header + 24 + 60, k_pe_header + 24 + 112 + 128 + 20}) {
    std::string damaged = whole;
    put(damaged, place, 0xfffffff0, 4);
    CHECK_THROWS_AS(EfiProgram(damaged, "x"), base::Error);
  }
}

TEST_CASE("a long name of a section stands in a table") {
  const std::string bytes = tiny_program({{".sbatlevel", "level"}, {".vendor_cert", "keys"}});
  CHECK(EfiProgram(bytes, "x").find(".sbatlevel")->stored.starts_with("level"));
  CHECK(EfiProgram(bytes, "x").find(".vendor_cert")->stored.starts_with("keys"));
  for (const std::uint64_t place : {std::uint64_t{0xfffffff0}, std::uint64_t{1} << 20U}) {
    std::string damaged = bytes;
    put(damaged, k_pe_header + 12, place, 4);
    CHECK_FALSE(EfiProgram(damaged, "x").find(".sbatlevel"));
    damaged = bytes;
    put(damaged, k_pe_header + 16, place, 4);
    CHECK_FALSE(EfiProgram(damaged, "x").find(".sbatlevel"));
  }
}
