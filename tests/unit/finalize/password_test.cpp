// SPDX-License-Identifier: MIT
#include <imagewright_test/scratch.hpp>
#include <imagewright_test/skip.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/cancellation.hpp>
#include <imagewright/base/text.hpp>
#include <imagewright/process/command_runner.hpp>

#include "finalize/accounts/password.hpp"

using namespace imagewright;

TEST_CASE("hashes the example of the SHA-512 crypt specification") {
  CHECK(finalize::sha512_crypt("Hello world!", "saltstring") ==
        "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnI"
        "FNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1");
}

TEST_CASE("hashes as openssl does, whatever the length") {
  if (!imagewright_test::has_program("openssl")) IMAGEWRIGHT_SKIP("openssl is not installed");
  base::Cancellation cancellation;
  process::HostCommandRunner runner(cancellation);
  for (const auto* password :
       {"a", "correct horse battery staple",
        "more than sixty-four bytes, so that the digest has to be repeated for it",
        "exactly sixty-four bytes of a password that somebody thought of"}) {
    const auto result = process::require_success(
        runner.run({.argv = {"openssl", "passwd", "-6", "-salt", "0123456789abcdef", password}}));
    CHECK(finalize::sha512_crypt(password, "0123456789abcdef") ==
          base::trimmed(result.standard_output));
  }
}

TEST_CASE("salts depend on their seed alone") {
  CHECK(finalize::salt_from("node:alice") == finalize::salt_from("node:alice"));
  CHECK(finalize::salt_from("node:alice") != finalize::salt_from("node:bob"));
  CHECK(finalize::salt_from("x").size() == 16);
}
