// SPDX-License-Identifier: MIT
#include <fstream>
#include <vector>

#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/fs/file.hpp>
#include <imagewright/fs/publication.hpp>

using namespace imagewright;

namespace {

void stage(const fs::Publication& publication, const std::string& name, std::string_view content) {
  std::ofstream(publication.staged_path(name)) << content;
}

std::size_t entries_in(const std::filesystem::path& directory) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(directory), {}));
}

} // namespace

TEST_CASE("publishes files together with their sums") {
  const imagewright_test::ScratchDirectory scratch;
  fs::Publication publication(scratch / "out");
  stage(publication, "b", "two");
  stage(publication, "a", "one");
  publication.add("b");
  publication.add("a");
  const auto files = publication.publish();
  REQUIRE(files.size() == 2);
  CHECK(files[0].path == scratch / "out/a");
  CHECK(fs::read_file(scratch / "out/SHA256SUMS") ==
        base::digest_of("one").hex + "  a\n" + base::digest_of("two").hex + "  b\n");
}

TEST_CASE("leaves nothing when it is abandoned") {
  const imagewright_test::ScratchDirectory scratch;
  {
    fs::Publication publication(scratch / "out");
    stage(publication, "a", "half");
    CHECK(entries_in(scratch / "out") == 1);
  }
  CHECK(entries_in(scratch / "out") == 0);
}

TEST_CASE("keeps the sums of other files that are still there") {
  const imagewright_test::ScratchDirectory scratch;
  scratch.write("out/old", "x");
  scratch.write("out/SHA256SUMS", "00  old\n11  gone\n");
  fs::Publication publication(scratch / "out");
  stage(publication, "new", "y");
  publication.add("new");
  publication.publish();
  CHECK(fs::read_file(scratch / "out/SHA256SUMS") == base::digest_of("y").hex + "  new\n00  old\n");
}

TEST_CASE("a set of outputs of which one cannot be published leaves none of them") {
  const imagewright_test::ScratchDirectory scratch;
  scratch.write("out/a", "earlier");
  scratch.write("out/other", "kept");
  const std::string sums = base::digest_of("earlier").hex + "  a\n00  other\n";
  scratch.write("out/SHA256SUMS", sums);
  scratch.write("out/c/what somebody keeps there", "");
  {
    fs::Publication publication(scratch / "out");
    for (const char* name : {"a", "b", "c"}) {
      stage(publication, name, std::string("new ") + name);
      publication.add(name);
    }
    CHECK_THROWS_AS(publication.publish(), base::Error);
  }
  CHECK(fs::read_file(scratch / "out/a") == "earlier");
  CHECK(fs::read_file(scratch / "out/SHA256SUMS") == sums);
  CHECK_FALSE(std::filesystem::exists(scratch / "out/b"));
  CHECK(entries_in(scratch / "out/c") == 1);
  CHECK(entries_in(scratch / "out") == 4);
}

TEST_CASE("of two sets that belong together, both appear or none") {
  const imagewright_test::ScratchDirectory scratch;
  scratch.write("image/a", "earlier");
  scratch.write("signing/b/what somebody keeps there", "");
  const auto publish = [&](const std::string& name) {
    fs::Publication image(scratch / "image");
    fs::Publication signing(scratch / "signing");
    stage(image, "a", "new");
    image.add("a");
    stage(signing, name, "unsigned");
    signing.add(name);
    return fs::Publication::publish_all(std::vector<fs::Publication*>{&image, &signing});
  };
  CHECK_THROWS_AS(publish("b"), base::Error);
  CHECK(fs::read_file(scratch / "image/a") == "earlier");
  CHECK_FALSE(std::filesystem::exists(scratch / "image/SHA256SUMS"));
  CHECK(publish("c").size() == 2);
  CHECK(fs::read_file(scratch / "image/a") == "new");
  CHECK(fs::read_file(scratch / "signing/SHA256SUMS") == base::digest_of("unsigned").hex + "  c\n");
}

TEST_CASE("two sets of one directory do not wait for each other") {
  const imagewright_test::ScratchDirectory scratch;
  std::filesystem::create_directory(scratch / "out");
  std::filesystem::create_directory_symlink("out", scratch / "link");
  fs::Publication one(scratch / "out");
  fs::Publication other(scratch / "link");
  stage(one, "a", "one");
  one.add("a");
  stage(other, "b", "two");
  other.add("b");
  fs::Publication::publish_all(std::vector<fs::Publication*>{&one, &other});
  CHECK(fs::read_file(scratch / "out/SHA256SUMS") ==
        base::digest_of("one").hex + "  a\n" + base::digest_of("two").hex + "  b\n");
}
