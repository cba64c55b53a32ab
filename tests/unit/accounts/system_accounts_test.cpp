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
  CHECK(line_of("/etc/passwd", "svc") == "x:999:999:A service:/var/lib/svc:/bin/sh");
  CHECK(line_of("/etc/passwd", "fixed") == "x:450:450::/:/usr/sbin/nologin");
  CHECK(line_of("/etc/passwd", "pair") == "x:451:452::/:/usr/sbin/nologin");
  CHECK(line_of("/etc/passwd", "in-group") == "x:453:0:x:/:/usr/sbin/nologin");
  CHECK(line_of("/etc/group", "svc") == "x:999:");
  CHECK(line_of("/etc/group", "pair") == "x:452:");
  CHECK(line_of("/etc/group", "alone") == "x:460:svc");
  CHECK(line_of("/etc/group", "later") == "x:998:svc");
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
