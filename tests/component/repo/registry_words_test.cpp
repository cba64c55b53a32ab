// SPDX-License-Identifier: MIT
#include <string>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>

#include "repo/registry_http.hpp"
#include "repo/registry_login.hpp"

using namespace imagewright::repo;

TEST_CASE("a token is fetched by TLS, or from this host for a registry that is on it") {
  CHECK(is_safe_realm("https://auth.example/token", "registry.example"));
  CHECK(is_safe_realm("https://auth.example/token", "127.0.0.1:5000"));
  CHECK(is_safe_realm("http://127.0.0.1:5001/token", "localhost:5000"));
  CHECK(is_safe_realm("http://[::1]:5001/token?a=b", "[::1]"));
  // A registry elsewhere sends nobody to what listens here.
  for (const char* realm : {"http://127.0.0.1/token", "http://localhost/token", "http://[::1]/t"})
    CHECK_FALSE(is_safe_realm(realm, "registry.example"));
  for (const char* realm :
       {"", "https:", "https:/auth.example", "ftp://auth.example/", "file:///etc/passwd",
        "HTTP://127.0.0.1/", " https://auth.example/", "http://127.0.0.1@auth.example/",
        "http://127.0.0.1:80@auth.example/", "http://localhost.auth.example/",
        "http://[::1]x/token", "http://127.0.0.1\\@auth.example/",
        "http://auth.example#@127.0.0.1/", "http://auth.example?127.0.0.1"})
    CHECK_FALSE(is_safe_realm(realm, "127.0.0.1:5000"));
}

TEST_CASE("a challenge gives its parameters, however it is written, and no others") {
  const std::string challenge = "Bearer realm=\"https://a/t\",service=\"s\",scope=\"x,realm=\"";
  CHECK(challenge_parameter(challenge, "realm") == "https://a/t");
  CHECK(challenge_parameter(challenge, "service") == "s");
  CHECK(challenge_parameter(challenge, "scope") == "x,realm=");
  CHECK(challenge_parameter("Bearer x=1, REALM=\"a\"", "realm") == "a");
  CHECK(challenge_parameter("Bearer realm=\"not closed", "realm") == "not closed");
  CHECK(challenge_parameter("Bearer other=\"realm=\\\"b\"", "realm").empty());
  for (const char* odd : {"", "Bearer", "Bearer ", "Bearer =\"", "Bearer =\"\"",
                          "Bearer realm=", "Bearer realm=\"", "Bearer \"realm=\"", "=\"=\"=\"=\""})
    CHECK(challenge_parameter(odd, "realm").empty());
}

TEST_CASE("a challenge counts of the last answer alone, and of the scheme Bearer") {
  RegistryAnswer answer;
  take_header(answer, "HTTP/1.1 200 Connection established\r\n");
  take_header(answer, "WWW-Authenticate: Bearer realm=\"https://a/t\"\r\n");
  CHECK(challenge_parameter(answer.challenge, "realm") == "https://a/t");
  take_header(answer, "HTTP/1.1 401 Unauthorized\r\n");
  CHECK(answer.challenge.empty());
  for (const char* line :
       {"WWW-Authenticate: Basic realm=\"a\"", "WWW-Authenticate:", "www-auth",
        "X-WWW-Authenticate: Bearer realm=\"a\"", "", "WWW-Authenticate: Bearer"})
    take_header(answer, line);
  CHECK(answer.challenge.empty());
}

TEST_CASE("whoever a registry leads to asks for no login of the registry") {
  RegistryAnswer answer;
  take_header(answer, "HTTP/1.1 307 Temporary Redirect\r\n");
  take_header(answer, "Location: https://elsewhere.example/\r\n");
  take_header(answer, "HTTP/2 401\r\n");
  take_header(answer, "WWW-Authenticate: Bearer realm=\"https://elsewhere.example/token\"\r\n");
  take_header(answer, "WWW-Authenticate: Basic realm=\"a\"\r\n");
  CHECK(answer.challenge.empty());
  CHECK_FALSE(answer.wants_password);
}

TEST_CASE("a login is that of the longest name that fits, and never another registry's") {
  const std::string file = R"({"auths": {"registry.example": {"auth": "YTpi"},
      "registry.example/team": {"auth": "Yzpk"}, "registry.example/team/agent/x": {"auth": "ZTpm"},
      "empty.example": {}, "bad.example": {"auth": "a b"}, "long.example": {"auth": "===="}}})";
  const auto login = [&](const std::string& host, const std::string& name) {
    return registry_login_in(file, "logins.json", host, name);
  };
  CHECK(login("registry.example", "other/agent") == "YTpi");
  CHECK(login("registry.example", "team/agent") == "Yzpk");
  CHECK(login("registry.example", "teams/agent") == "YTpi");
  CHECK(login("registry.example", "team/agent/x") == "ZTpm");
  CHECK_FALSE(login("registry.example:5000", "team/agent"));
  CHECK_FALSE(login("other.example", "team/agent"));
  for (const char* host : {"empty.example", "bad.example", "long.example"})
    CHECK_THROWS_AS(login(host, "x"), imagewright::base::Error);
  CHECK_FALSE(registry_login_in("{}", "f", "h", "n"));
  CHECK_FALSE(registry_login_in("[]", "f", "h", "n"));
  CHECK_FALSE(registry_login_in(R"({"auths": []})", "f", "h", "n"));
  for (const char* text : {"", "{", "nothing secret"})
    CHECK_THROWS_AS(registry_login_in(text, "f", "h", "n"), imagewright::base::Error);
}
