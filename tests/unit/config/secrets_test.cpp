// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/base/text.hpp>
#include <imagewright/config/secrets.hpp>

using namespace imagewright;

namespace {

std::string shown(const std::string& text) {
  return base::join(config::lines_without_secrets(text), "\n");
}

} // namespace

TEST_CASE("passwords are not shown, in whatever way they are written") {
  for (const char* text :
       {"os:\n  users:\n  - name: a\n    password:\n      type: plain-text\n      value: hunter2\n",
        "os: {users: [{name: a, password: {type: plain-text, value: hunter2}}]}\n",
        "os:\n  users:\n  - name: a\n    password: {type: plain-text, \"value\": 'hunter2'}\n",
        "os:\n  users:\n  - name: ä\n    password: {value: \"hunter2\", type: plain-text}\n",
        "os:\n  users:\n  - name: a\n    password:\n      value: |\n        hunter2\n",
        "os:\n  users:\n  - name: a\n    password:\n      value:\n        hunter2\n",
        "os:\n  users:\n  - name: a\n    password:\n      value: one\n        hunter2\n",
        "os: {users: [{name: a, password: {type: plain-text, value: hunter2}\n",
        "os:\n  users:\n  - password:\n      value : hunter2\n   bad\n"}) {
    CAPTURE(text);
    CHECK(shown(text).find("hunter2") == std::string::npos);
  }
}

TEST_CASE("passwords are not shown where they were put by mistake") {
  for (const char* text :
       {"os: {users: [{name: a, pasword: {type: plain-text, value: hunter2}}]}\n",
        "users: [{name: a, password: {type: plain-text, value: hunter2}}]\n",
        "os: {rootPassword: hunter2}\n", "storage: {encryption: [{passphrase: hunter2}]}\n",
        "os: {users: [{name: a, password: [hunter2]}]}\n",
        "os: {users: [{name: a, password: {type: hunter2}}]}\n",
        "os: {users: [{name: a, password: {value: {is: hunter2}}}]}\n",
        "os: {users: [{name: a, password: {type: plain-text, value:hunter2}}]}\n",
        "os: {users: [{name: a, password: {value: &hunter2}}]}\n", "os: {users: \"a:hunter2\"}\n",
        "os: {users: [{name: a, pasword: \"hunter2\\q\"}]}\n",
        "repositories: [{name: a, baseUrl: 'user:hunter2@host/'}]\n",
        "repositories: [{name: a, baseUrl: \"http:\\/\\/user:hunter2@host/\"}]\n",
        "repositories:\n- baseUrl: http://user:\n    hunter2@host/\n"}) {
    CAPTURE(text);
    CHECK(shown(text).find("hunter2") == std::string::npos);
  }
}

TEST_CASE("keys of users are not shown, and private ones nowhere") {
  CHECK(shown("os:\n  users:\n  - name: a\n    sshPublicKeys:\n    - hunter2\n").find("hunter2") ==
        std::string::npos);
  const std::string text =
      shown("a: |\n  -----BEGIN OPENSSH PRIVATE KEY-----\n  hunter2\n  -----END OPENSSH PRIVATE "
            "KEY-----\nb: c\n");
  CHECK(text.find("hunter2") == std::string::npos);
  CHECK(text.find("b: c") != std::string::npos);
}

TEST_CASE("what is not secret is shown as it is") {
  const std::string text = "release: workbench\nos:\n  hostname: node # a value: of its own\n"
                           "  users:\n  - name: a\n    password: {type: locked}\n";
  CHECK(shown(text) == text);
}

TEST_CASE("what scripts are given is not shown") {
  for (const char* text :
       {"scripts: {postCustomization: [{content: a, environmentVariables: {ANY: hunter2}}]}\n",
        "scripts:\n  finalizeCustomization:\n  - path: a\n    environmentVariables:\n      ANY: "
        "hunter2\n",
        "scripts: {postCustomization: [{content: a, environmentVariables: ANY=hunter2}]}\n",
        "scripts: {postCustomization: [{content: a, environmentVariables: [ANY=hunter2]}]}\n",
        "scripts: {postCustomization: [{content: a, environment: {ANY: hunter2}}]}\n",
        "scripts:\n  postCustomization:\n  - content: a\n    arguments: [--token=hunter2]\n",
        "scripts:\n  postCustomization:\n  - content: a\n    arguments:\n    - --password\n    - "
        "hunter2\n"}) {
    CAPTURE(text);
    CHECK(shown(text).find("hunter2") == std::string::npos);
  }
  CHECK(shown("scripts:\n- arguments: [--level=high]\n").find("high") != std::string::npos);
  CHECK(shown("scripts: {postCustomization: [scripts/a.sh]}\n").find("scripts/a.sh") !=
        std::string::npos);
}
