// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/base/digest.hpp>

using namespace imagewright::base;

TEST_CASE("computes SHA-256 as FIPS 180-4 has it") {
  CHECK(digest_of("abc").hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("counts zeros as if they had been given") {
  Hasher with_zeros;
  with_zeros.update("x");
  with_zeros.update_zeros(100000);
  CHECK(with_zeros.finish() == digest_of("x" + std::string(100000, '\0')));
}

TEST_CASE("reads its own text and nothing else") {
  const Digest digest = digest_of("abc");
  CHECK(Digest::parse(digest.to_string()) == digest);
  CHECK_FALSE(Digest::parse("sha256:abcd").has_value());
  CHECK_FALSE(Digest::parse("md5:d41d8cd98f00b204e9800998ecf8427e").has_value());
  CHECK_FALSE(Digest::parse("sha256:" + std::string(64, 'g')).has_value());
}

TEST_CASE("a fork has seen the same stream and goes on by itself") {
  Hasher first;
  first.update("common ");
  Hasher second = first.fork();
  first.update("one");
  second.update("two");
  CHECK(first.finish() == digest_of("common one"));
  CHECK(second.finish() == digest_of("common two"));
}
