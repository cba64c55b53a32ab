// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include "account_root.hpp"

using namespace accounts_test;

TEST_CASE_METHOD(AccountRoot, "ids come from the ranges of login.defs") {
  root.write("/etc/login.defs",
             "# UID_MIN 1\nUID_MIN 5000\nUID_MAX 5001\nGID_MIN\t7000\nPASS_MAX_DAYS 90\n", 0644);
  accounts::AccountDatabase database(root);
  CHECK_FALSE(database.add_group("ops", std::nullopt));
  CHECK_FALSE(database.put_user({.name = "kim"}, epoch));
  CHECK_FALSE(database.put_user({.name = "lee"}, epoch));
  database.store(root);
  CHECK(line_of("/etc/passwd", "kim") == "x:5000:7001::/home/kim:/bin/sh");
  CHECK(line_of("/etc/group", "ops") == "x:7000:");
  CHECK(line_of("/etc/group", "kim") == "x:7001:");
  CHECK(line_of("/etc/passwd", "lee") == "x:5001:7002::/home/lee:/bin/sh");
  CHECK(line_of("/etc/shadow", "kim") == "!:19675:0:90:7:::");
  CHECK(line_of("/etc/passwd", "last") == "x:300:300::/:/bin/sh");
}

TEST_CASE_METHOD(AccountRoot, "ids that somebody will ask for are not handed out") {
  accounts::AccountDatabase database(root);
  database.reserve(1000);
  database.reserve(1002);
  CHECK_FALSE(database.put_user({.name = "alpha"}, epoch));
  CHECK_FALSE(database.add_group("ops", std::nullopt));
  CHECK_FALSE(database.put_user({.name = "beta", .id = 1000}, epoch));
  CHECK_FALSE(database.add_group("team", 1002));
  database.store(root);
  CHECK(line_of("/etc/passwd", "alpha") == "x:1001:1001::/home/alpha:/bin/sh");
  CHECK(line_of("/etc/group", "ops") == "x:1003:");
  CHECK(line_of("/etc/passwd", "beta") == "x:1000:1000::/home/beta:/bin/sh");
}

TEST_CASE_METHOD(AccountRoot, "users get the first gap of subordinate ids where there is a file") {
  root.write("/etc/subuid", "old:100000:65536\nnew:300000:65536", 0644);
  accounts::AccountDatabase database(root);
  for (const auto* name : {"kim", "lee", "old"}) {
    CHECK_FALSE(database.put_user({.name = name}, epoch));
    CHECK_FALSE(database.add_subordinate_ids(name));
  }
  database.store(root);
  CHECK(root.read("/etc/subuid") ==
        "old:100000:65536\nnew:300000:65536\nkim:165536:65536\nlee:231072:65536\n");
  CHECK_FALSE(root.exists("/etc/subgid"));
}

TEST_CASE_METHOD(AccountRoot,
                 "the size of subordinate ranges is login.defs' affair, and may be none") {
  root.write("/etc/subuid", "", 0644);
  root.write("/etc/subgid", "", 0644);
  root.write("/etc/login.defs", "SUB_UID_MIN 5000000\nSUB_UID_COUNT 10\nSUB_GID_COUNT 0\n", 0644);
  accounts::AccountDatabase database(root);
  CHECK_FALSE(database.put_user({.name = "kim"}, epoch));
  CHECK_FALSE(database.add_subordinate_ids("kim"));
  database.store(root);
  CHECK(root.read("/etc/subuid") == "kim:5000000:10\n");
  CHECK(root.read("/etc/subgid").empty());
}

TEST_CASE_METHOD(AccountRoot, "a range of ids that is used up, or the wrong way round, is said") {
  struct Row {
    const char* definitions;
    const char* named;
  };
  const auto row = GENERATE(values<Row>({{"UID_MIN 6000\nUID_MAX 5999\n", "from 6000 to 5999"},
                                         {"UID_MIN 1000\nUID_MAX 1000\n", "UID_MIN"},
                                         {"GID_MIN 1000\nGID_MAX 1000\n", "GID_MIN"},
                                         {"SUB_UID_MAX 165535\n", "SUB_UID_MAX"},
                                         {"SUB_UID_COUNT 4000000000\n", "SUB_UID_MAX"}}));
  root.write("/etc/login.defs", row.definitions, 0644);
  root.write("/etc/subuid", "", 0644);
  accounts::AccountDatabase database(root);
  accounts::Refusal refusal;
  for (const auto* name : {"kim", "lee"}) {
    if (!refusal) refusal = database.put_user({.name = name}, epoch);
    if (!refusal) refusal = database.add_subordinate_ids(name);
  }
  REQUIRE(refusal);
  CHECK(refusal->find(row.named) != std::string::npos);
}

TEST_CASE_METHOD(AccountRoot, "who is no user by his id gets no subordinate ids") {
  root.write("/etc/subuid", "", 0644);
  accounts::AccountDatabase database(root);
  CHECK_FALSE(database.put_user({.name = "kim", .id = 301}, epoch));
  CHECK_FALSE(database.add_subordinate_ids("kim"));
  database.store(root);
  CHECK(root.read("/etc/subuid").empty());
}

TEST_CASE_METHOD(AccountRoot, "a password has an age where nobody has counted it yet") {
  root.write("/etc/passwd",
             "root:x:0:0::/root:/bin/sh\nold:HASH:301:300::/:/bin/sh\n"
             "none:x:302:300::/:/bin/sh\nlast:x:300:300::/:/bin/sh\n",
             0644);
  root.write("/etc/shadow", "root:*::0:99999:7:::\nlast:!:19000:0:99999:7:::\n", 0);
  accounts::AccountDatabase database(root);
  for (const auto* name : {"root", "old", "none", "last"})
    database.set_password_expiry(name, 30, epoch);
  database.set_password_expiry("last", -1, epoch);
  database.store(root);
  CHECK(line_of("/etc/shadow", "root") == "*:19675:0:30:7:::");
  CHECK(line_of("/etc/shadow", "old") == "HASH:19675:0:30:7:::");
  CHECK(line_of("/etc/passwd", "old") == "x:301:300::/:/bin/sh");
  CHECK(line_of("/etc/shadow", "none") == "!:19675:0:30:7:::");
  CHECK(line_of("/etc/shadow", "last") == "!:19000:0::7:::");
}
