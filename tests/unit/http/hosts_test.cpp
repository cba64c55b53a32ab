// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/http/hosts.hpp>

using namespace imagewright::http;

TEST_CASE("a name that begins like this host's is not this host") {
  for (const char* host : {"localhost", "LOCALHOST:80", "127.0.0.1:5000", "[::1]", "[::1]:5000"})
    CHECK(is_this_host(host));
  for (const char* host :
       {"localhost.example", "127.0.0.1.example", "[::1", "[::1]x", "[::2]:80",
        "localhost@evil.example", "localhost:x@evil.example", "", ":80", "127.0.0.10"})
    CHECK_FALSE(is_this_host(host));
}

TEST_CASE("the authority of a URL ends where its path, query or fragment begins") {
  CHECK(authority_of("https://registry.example:5000/v2/") == "registry.example:5000");
  CHECK(authority_of("https://registry.example?a=b") == "registry.example");
  CHECK(authority_of("https://registry.example#/x@y") == "registry.example");
  CHECK(authority_of("https://name:word@host/") == "name:word@host");
  CHECK(authority_of("https:///path").empty());
  CHECK(authority_of("registry.example/name").empty());
}
