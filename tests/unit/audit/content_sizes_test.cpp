// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/audit/content_sizes.hpp>

using namespace imagewright;

TEST_CASE("the content of files is divided by package and by directory, largest first") {
  audit::Manifest manifest;
  manifest.files = {
      {"/", "dir 0755 0:0 package=base"},
      {"/top", "file 0644 0:0 5 sha256:aa"},
      {"/etc/passwd", "file 0644 0:0 100 sha256:aa package=base"},
      {"/usr/lib/systemd/systemd", "file 0755 0:0 7000 sha256:aa package=systemd"},
      {"/usr/lib/libc.so", "file 0755 0:0 7000 sha256:aa package=base"},
      {"/usr/lib/link", "link 0777 0:0 \"libc.so\" package=base"},
      {"/usr/bin/a b", "file 0755 0:0 20 sha256:aa security.selinux=\"x y\" package=base"},
      {"/usr/empty", "file 0644 0:0 0 sha256:aa package=nothing"},
      {"/odd", "words"},
  };
  const audit::ContentSizes sizes = audit::content_sizes(manifest);
  const auto text = [](const std::vector<audit::SizeShare>& shares) {
    std::string joined;
    for (const audit::SizeShare& share : shares)
      joined += share.name + "=" + std::to_string(share.bytes) + " ";
    return joined;
  };
  CHECK(text(sizes.packages) == "base=7120 systemd=7000 =5 ");
  CHECK(text(sizes.directories) == "/usr/lib=14000 /etc=100 /usr/bin=20 /=5 ");
}
