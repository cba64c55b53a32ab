// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/accounts/system_accounts.hpp>

#include "account_root.hpp"

using namespace accounts_test;

TEST_CASE_METHOD(AccountRoot, "makes what sysusers.d defines") {
  accounts::SystemAccounts definitions;
  definitions.add_lines(
      "# comment\nu svc - \"A service\" /var/lib/svc /bin/sh\n"
      "u fixed 450 - -\nu pair 451:452 -\nu in-group 453:root \"x\"\ng alone 460\n"
      "m svc alone\nm svc later\nu svc 999\nnonsense\nu bad/name\nr - 500-900\n");
  accounts::AccountDatabase database(root);
  definitions.reserve_ids(database);
  CHECK_FALSE(definitions.make_all(database, epoch));
  CHECK_FALSE(definitions.make_all(database, epoch));
  database.store(root);
  CHECK(line_of("/etc/passwd", "svc") == "x:900:900:A service:/var/lib/svc:/bin/sh");
  CHECK(line_of("/etc/passwd", "fixed") == "x:450:450::/:/usr/sbin/nologin");
  CHECK(line_of("/etc/passwd", "pair") == "x:451:452::/:/usr/sbin/nologin");
  CHECK(line_of("/etc/passwd", "in-group") == "x:453:0:x:/:/usr/sbin/nologin");
  CHECK(line_of("/etc/group", "svc") == "x:900:");
  CHECK(line_of("/etc/group", "pair") == "x:452:");
  CHECK(line_of("/etc/group", "alone") == "x:460:svc");
  CHECK(line_of("/etc/group", "later") == "x:899:svc");
  CHECK(line_of("/etc/shadow", "svc") == "!*:19675::::::");
}

TEST_CASE_METHOD(AccountRoot, "makes one account with what it needs, and no other") {
  accounts::SystemAccounts definitions;
  definitions.add_lines("u svc 300:staff -\ng staff 50\nu other - -\n");
  accounts::AccountDatabase database(root);
  CHECK(definitions.make_user(database, "svc", epoch).is_defined);
  CHECK_FALSE(definitions.make_user(database, "nobody-knows", epoch).is_defined);
  CHECK_FALSE(definitions.make_group(database, "nobody-knows").is_defined);
  database.store(root);
  // Its id was taken.
  CHECK(line_of("/etc/passwd", "svc") == "x:999:50::/:/usr/sbin/nologin");
  CHECK(line_of("/etc/passwd", "other").empty());
}

TEST_CASE_METHOD(AccountRoot, "who is only made a member is made") {
  accounts::SystemAccounts definitions;
  definitions.add_lines("m svc crew\n");
  accounts::AccountDatabase database(root);
  CHECK(definitions.make_user(database, "svc", epoch).is_defined);
  CHECK(definitions.make_group(database, "crew").is_defined);
  CHECK(database.find_user("svc"));
  CHECK(database.find_group("crew"));
}

TEST_CASE_METHOD(AccountRoot, "ids come from the highest of the ranges that is not used up") {
  accounts::SystemAccounts definitions;
  definitions.add_lines("r - 310-311\nr - 500\nr - 9-8\nr - x\nu a -\nu b -\nu c 311\nu d -\n");
  accounts::AccountDatabase database(root);
  definitions.reserve_ids(database);
  const auto refusal = definitions.make_all(database, epoch);
  REQUIRE(refusal);
  CHECK(refusal->find("sysusers.d") != std::string::npos);
  database.store(root);
  CHECK(line_of("/etc/passwd", "a").starts_with("x:500:500:"));
  CHECK(line_of("/etc/passwd", "c").starts_with("x:311:311:"));
}
