// SPDX-License-Identifier: MIT
#include <fstream>

#include <catch2/catch.hpp>

#include "fake_root.hpp"

using namespace finalize_test;

namespace {

struct AccountRoot : FakeRoot {
  AccountRoot() {
    root.write("/etc/passwd",
               "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/:/usr/sbin/nologin\n", 0644);
    root.write("/etc/shadow", "root:*:19000:0:99999:7:::\n", 0640);
    root.write("/etc/group", "root:x:0:\nwheel:x:10:root\n", 0644);
    root.write("/etc/gshadow", "root:*::\nwheel:*::root\n", 0640);
    root.write("/bin/bash", "", 0755);
    root.write("/etc/skel/.profile", "# profile\n", 0644);
    root.make_symlink("/etc/skel/link", ".profile");
    root.make_directories("/root", 0700);
  }

  model::UserConfig& add_user(const std::string& name) {
    plan.os.users.push_back({.name = name, .where = at(10)});
    return plan.os.users.back();
  }

  void run() { run_step(finalize::steps::accounts); }
  std::string last_line(const std::string& path) {
    const auto text = root.read(path);
    const auto end = text.rfind('\n', text.size() - 2);
    return text.substr(end + 1, text.size() - end - 2);
  }
};

} // namespace

TEST_CASE_METHOD(AccountRoot, "adds a user with a group of its own and a home from the skeleton") {
  add_user("alice");
  run();
  CHECK(last_line("/etc/passwd") == "alice:x:1000:1000::/home/alice:/bin/bash");
  CHECK(last_line("/etc/group") == "alice:x:1000:");
  CHECK(last_line("/etc/shadow") == "alice:!:19675:0:99999:7:::");
  CHECK(last_line("/etc/gshadow") == "alice:!::");
  CHECK(root.read("/home/alice/.profile") == "# profile\n");
  CHECK(root.find_link_target("/home/alice/link") == ".profile");
  CHECK(root.find_status("/home/alice")->permissions == 0700);
  CHECK(root.find_status("/home")->permissions == 0755);
  CHECK(root.find_status("/etc/shadow")->permissions == 0640);
  for (const auto* path : {"/home/alice", "/home/alice/.profile", "/home/alice/link"}) {
    CHECK(owner_of(path) == "1000:1000");
  }
}

TEST_CASE_METHOD(AccountRoot, "honours every wish about a user") {
  plan.os.groups = {{"staff", 500, at(3)}, {"wheel", std::nullopt, at(4)}};
  auto& user = add_user("bob");
  user.uid = 1234;
  user.primary_group = {"staff", at(5)};
  user.secondary_groups = {{"wheel", at(6)}};
  user.startup_command = {"/sbin/nologin", at(7)};
  user.home_directory = {"/srv/bob", at(8)};
  user.password = model::PasswordConfig{.type = model::PasswordType::hashed, .value = "$6$a$b"};
  user.password_expires_days = 90;
  user.ssh_public_keys = {"ssh-ed25519 AAAA bob"};
  run();
  CHECK(last_line("/etc/passwd") == "bob:x:1234:500::/srv/bob:/sbin/nologin");
  CHECK(last_line("/etc/shadow") == "bob:$6$a$b:19675:0:90:7:::");
  CHECK(root.read("/etc/group") == "root:x:0:\nwheel:x:10:root,bob\nstaff:x:500:\n");
  CHECK(root.read("/etc/gshadow") == "root:*::\nwheel:*::root,bob\nstaff:!::\n");
  CHECK(root.read("/srv/bob/.ssh/authorized_keys") == "ssh-ed25519 AAAA bob\n");
  CHECK(owner_of("/srv/bob/.ssh/authorized_keys") == "1234:500");
  CHECK(root.find_status("/srv/bob/.ssh")->permissions == 0700);
  CHECK(root.find_status("/srv/bob/.ssh/authorized_keys")->permissions == 0600);
}

TEST_CASE_METHOD(AccountRoot, "a slash at the end of a home directory changes nothing") {
  add_user("bob").home_directory = {"/srv/apps/bob/", at(8)};
  run();
  CHECK(root.find_status("/srv/apps/bob")->permissions == 0700);
  CHECK(root.find_status("/srv/apps")->permissions == 0755);
}

TEST_CASE_METHOD(AccountRoot, "tables behind links keep their modes") {
  root.make_directories("/usr/etc");
  root.make_symlink("/etc/shadow", "../usr/etc/shadow");
  root.write("/usr/etc/shadow", "root:*:19675:0:99999:7:::\n", 0600);
  add_user("bob");
  run();
  CHECK(root.find_status("/usr/etc/shadow")->permissions == 0600);
  CHECK(root.find_link_target("/etc/shadow") == "../usr/etc/shadow");
}

TEST_CASE_METHOD(AccountRoot, "blanks of a password in a file are letters of it") {
  const auto file = records / "password";
  const auto hash_for = [&](const std::string& content, model::PasswordType type) {
    std::ofstream(file) << content;
    AccountRoot made;
    made.add_user("kim").password = model::PasswordConfig{.type = type, .file = file};
    made.run();
    return made.last_line("/etc/shadow");
  };
  using model::PasswordType;
  const std::string plain = hash_for("a b\n", PasswordType::plain_text_file);
  CHECK(hash_for("a b\r\nsecond\n", PasswordType::plain_text_file) == plain);
  CHECK(hash_for(" a b\n", PasswordType::plain_text_file) != plain);
  CHECK(hash_for("a b \n", PasswordType::plain_text_file) != plain);
  CHECK(hash_for(" $6$a$b \n", PasswordType::hashed_file) == "kim:$6$a$b:19675:0:99999:7:::");
}

TEST_CASE_METHOD(AccountRoot, "a file without a password lets nobody in") {
  const auto [type, content] = GENERATE(
      table<model::PasswordType, std::string>({{model::PasswordType::plain_text_file, ""},
                                               {model::PasswordType::plain_text_file, "\nsecret\n"},
                                               {model::PasswordType::hashed_file, " \n"}}));
  const auto file = records / "password";
  std::ofstream(file) << content;
  add_user("kim").password = model::PasswordConfig{.type = type, .file = file};
  CHECK(code_of([&] { run(); }) == "finalize.account-refused");
}

TEST_CASE_METHOD(AccountRoot, "a hash from a file may not reach into other fields") {
  const auto file = records / "hash";
  std::ofstream(file) << "$6$a$b:0:0\n";
  add_user("bob").password =
      model::PasswordConfig{.type = model::PasswordType::hashed_file, .file = file};
  CHECK(code_of([&] { run(); }) == "finalize.account-refused");
}

TEST_CASE_METHOD(AccountRoot, "changes an existing user only where the config says so") {
  auto& user = add_user("root");
  user.ssh_public_keys = {"ssh-ed25519 NEW", "ssh-ed25519 OLD"};
  root.write("/root/.ssh/authorized_keys", "ssh-ed25519 OLD", 0600);
  run();
  CHECK(root.read("/etc/shadow").starts_with("root:*:19000:"));
  CHECK(root.read("/root/.ssh/authorized_keys") == "ssh-ed25519 OLD\nssh-ed25519 NEW\n");
  CHECK_FALSE(root.exists("/root/.profile"));
  SECTION("a password") {
    user.password = model::PasswordConfig{.type = model::PasswordType::locked};
    run();
    CHECK(root.read("/etc/shadow").starts_with("root:!:19675:"));
  }
  SECTION("a password that never expires") {
    user.password_expires_days = -1;
    run();
    CHECK(root.read("/etc/shadow") == "root:*:19000:0::7:::\n");
  }
}

TEST_CASE_METHOD(AccountRoot, "hashes a plain password, the same on every run") {
  auto& user = add_user("alice");
  user.password = model::PasswordConfig{.type = model::PasswordType::plain_text, .value = "secret"};
  run();
  const auto first = root.read("/etc/shadow");
  CHECK(first.find("alice:$6$") != std::string::npos);
  CHECK(first.find("secret") == std::string::npos);
  run();
  CHECK(root.read("/etc/shadow") == first);
}

TEST_CASE_METHOD(AccountRoot, "refuses ids and names that are taken, with the line") {
  const auto refused = [&] {
    try {
      run();
    } catch (const base::Error& error) {
      CHECK(error.diagnostic().where == at(10));
      CHECK(error.kind() == base::FailureKind::input);
      return error.diagnostic().code + ": " + error.diagnostic().message;
    }
    return std::string("accepted");
  };
  SECTION("another user's id") {
    add_user("alice").uid = 1;
    CHECK(refused() == "finalize.account-refused: id 1 belongs to user \"daemon\"");
  }
  SECTION("another id of a user") {
    add_user("root").uid = 5;
    CHECK(refused() == "finalize.account-refused: user \"root\" exists with id 0");
  }
  SECTION("an unknown primary group") {
    add_user("alice").primary_group = {"nobody", at(11)};
    CHECK(refused() == "finalize.account-refused: there is no group \"nobody\"");
  }
  SECTION("a group id that is taken") {
    plan.os.groups = {{"staff", 10, at(10)}};
    CHECK(refused() == "finalize.account-refused: id 10 belongs to group \"wheel\"");
  }
  SECTION("another id of a group") {
    plan.os.groups = {{"wheel", 11, at(10)}};
    CHECK(refused() == "finalize.account-refused: group \"wheel\" exists with id 10");
  }
}

TEST_CASE_METHOD(AccountRoot, "takes the mode of homes from login.defs") {
  root.write("/etc/login.defs", "# HOME_MODE 0777\nHOME_MODE\t0750\n", 0644);
  add_user("alice");
  run();
  CHECK(root.find_status("/home/alice")->permissions == 0750);
}

TEST_CASE_METHOD(AccountRoot, "leaves the tables alone when the config has no accounts") {
  root.write("/etc/passwd", "garbage without colon", 0644);
  run();
  CHECK(root.read("/etc/passwd") == "garbage without colon");
}

TEST_CASE_METHOD(AccountRoot, "an id that the config writes out is kept for whom it names") {
  add_user("alpha");
  auto& beta = add_user("beta");
  beta.uid = 1000;
  plan.os.groups = {{"ops", std::nullopt, at(3)}, {"team", 1001, at(4)}};
  run();
  CHECK(root.read("/etc/passwd").find("beta:x:1000:1000:") != std::string::npos);
  CHECK(root.read("/etc/passwd").find("alpha:x:1003:1003:") != std::string::npos);
  CHECK(root.read("/etc/group").find("ops:x:1002:") != std::string::npos);
  CHECK(root.read("/etc/group").find("team:x:1001:") != std::string::npos);
}

TEST_CASE_METHOD(AccountRoot, "users get subordinate ids where the root has files for them") {
  root.write("/etc/subuid", "old:100000:65536", 0644);
  add_user("kim");
  run();
  CHECK(root.read("/etc/subuid") == "old:100000:65536\nkim:165536:65536\n");
  CHECK_FALSE(root.exists("/etc/subgid"));
}
