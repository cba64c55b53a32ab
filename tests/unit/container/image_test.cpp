// SPDX-License-Identifier: MIT
#include <filesystem>
#include <fstream>
#include <string>

#include <imagewright_test/scratch.hpp>

#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>
#include <imagewright/container/image.hpp>

#include "layouts.hpp"

using namespace imagewright;
using imagewright_test::ScratchDirectory;

namespace {

constexpr const char* k_name = "registry.example/pause:3.9";

class Sources {
public:
  container::Image open(model::ContainerImageConfig wanted,
                        const std::string& architecture = "x86_64") const {
    return container::open_image(wanted, {.architecture = model::architecture(architecture),
                                          .temporary_directory = scratch_.path(),
                                          .cancellation = cancellation_});
  }

  model::ContainerImageConfig wanted(const std::string& selection = "") const {
    return {.path = directory(), .selection = selection, .name = {{k_name, {"node.yaml", 3, 5}}}};
  }

  std::string code_of(const model::ContainerImageConfig& wanted,
                      const std::string& architecture = "x86_64") const {
    try {
      open(wanted, architecture);
    } catch (const base::Error& error) {
      CHECK(error.kind() == base::FailureKind::input);
      return error.diagnostic().code;
    }
    return "";
  }

  std::filesystem::path directory() const { return scratch_.path() / "layout"; }

private:
  ScratchDirectory scratch_;
  base::Cancellation cancellation_;
};

} // namespace

TEST_CASE("the image of the node's architecture is taken out of an index") {
  const Sources sources;
  Layout layout(sources.directory());
  const std::string amd = Layout::for_platform(layout.manifest("amd64", {"one", "two"}), "amd64");
  const std::string amd_digest = layout.last_digest;
  const std::string arm = Layout::for_platform(layout.manifest("arm64", {"three"}), "arm64");
  const std::string arm_digest = layout.last_digest;
  layout.write_index(Layout::tagged(layout.index(arm + ", " + amd), "3.9"));
  const container::Image image = sources.open(sources.wanted());
  CHECK(image.identity.name == k_name);
  CHECK(image.identity.manifest.to_string() == amd_digest);
  CHECK(image.identity.index->to_string() == layout.last_digest);
  CHECK(image.identity.layers == std::vector{base::digest_of("one"), base::digest_of("two")});
  CHECK(sources.open(sources.wanted("3.9"), "aarch64").identity.manifest.to_string() == arm_digest);
  CHECK(sources.code_of(sources.wanted("3.8")) == "container.not-found");
}

TEST_CASE("an index, or an image, of other architectures is refused") {
  const Sources sources;
  Layout layout(sources.directory());
  const std::string arm = Layout::for_platform(layout.manifest("arm64", {"three"}), "arm64");
  layout.write_index(layout.index(arm) + "}");
  CHECK(sources.code_of(sources.wanted()) == "container.no-architecture");
  layout.write_index(layout.manifest("arm64", {"three"}) + "}");
  CHECK(sources.code_of(sources.wanted()) == "container.no-architecture");
  CHECK(sources.code_of(sources.wanted(), "aarch64").empty());
  // What the index says does not make it so.
  const std::string liar = Layout::for_platform(layout.manifest("arm64", {"three"}), "amd64");
  layout.write_index(layout.index(liar) + "}");
  CHECK(sources.code_of(sources.wanted()) == "container.no-architecture");
}

TEST_CASE("each byte is held against its digest") {
  const Sources sources;
  Layout layout(sources.directory());
  layout.write_index(layout.manifest("amd64", {"one", "two"}) + "}");
  REQUIRE(sources.code_of(sources.wanted()).empty());
  const std::string victim = GENERATE("layer", "config", "manifest");
  const std::string digest =
      victim == "layer"    ? base::digest_of("two").to_string()
      : victim == "config" ? base::digest_of(layout.config("amd64", {"one", "two"})).to_string()
                           : layout.last_digest;
  SECTION("of the same size: " + victim) {
    std::fstream file(layout.blob_file(digest), std::ios::in | std::ios::out);
    const char last = static_cast<char>(file.get() ^ 1);
    file.seekp(0);
    file.put(last);
    file.close();
    CHECK(sources.code_of(sources.wanted()) == "container.damaged");
  }
  SECTION("cut off: " + victim) {
    std::filesystem::resize_file(layout.blob_file(digest), 1);
    CHECK(sources.code_of(sources.wanted()) == "container.damaged");
  }
  SECTION("gone: " + victim) {
    std::filesystem::remove(layout.blob_file(digest));
    CHECK(sources.code_of(sources.wanted()) == "container.damaged");
  }
}

TEST_CASE("layers must unpack to what the config says, all of them") {
  const Sources sources;
  Layout layout(sources.directory());
  layout.write_index(layout.manifest_with(layout.config("amd64", {"one", "else"}), {"one", "two"}) +
                     "}");
  CHECK(sources.code_of(sources.wanted()) == "container.damaged");
  layout.write_index(layout.manifest_with(layout.config("amd64", {"one"}), {"one", "two"}) + "}");
  CHECK(sources.code_of(sources.wanted()) == "container.damaged");
}

TEST_CASE("one of several images has to be chosen") {
  const Sources sources;
  Layout layout(sources.directory());
  const std::string first = Layout::tagged(layout.manifest("amd64", {"one"}), "1");
  const std::string second = Layout::tagged(layout.manifest("amd64", {"two"}), "2");
  layout.write_index(first + ", " + second);
  CHECK(sources.code_of(sources.wanted()) == "container.ambiguous");
  CHECK(sources.open(sources.wanted("2")).identity.layers == std::vector{base::digest_of("two")});
  // Two tags of one thing are one thing.
  layout.write_index(first + ", " + Layout::tagged(layout.manifest("amd64", {"one"}), "again"));
  CHECK(sources.code_of(sources.wanted()).empty());
}

TEST_CASE("an image needs a full name, from the config or its source") {
  const Sources sources;
  Layout layout(sources.directory());
  layout.write_index(Layout::tagged(layout.manifest("amd64", {"one"}), "3.9"));
  model::ContainerImageConfig wanted = sources.wanted();
  wanted.name.reset();
  CHECK(sources.code_of(wanted) == "container.no-name");
  layout.write_index(Layout::tagged(layout.manifest("amd64", {"one"}), k_name));
  CHECK(sources.open(wanted).identity.name == k_name);
}

TEST_CASE("what is no layout is refused") {
  const Sources sources;
  CHECK(sources.code_of(sources.wanted()) == "container.not-found");
  Layout layout(sources.directory());
  CHECK(sources.code_of(sources.wanted()) == "container.not-found");
  std::ofstream(sources.directory() / "index.json") << "{";
  CHECK(sources.code_of(sources.wanted()) == "container.damaged");
  layout.write_index(layout.blob("application/vnd.oci.image.manifest.v1+json",
                                 R"({"schemaVersion": 1, "fsLayers": []})") +
                     "}");
  CHECK(sources.code_of(sources.wanted()) == "container.unsupported");
}
