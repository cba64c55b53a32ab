// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "machine/qemu.hpp"

using namespace imagewright;

namespace {

std::vector<std::string> arguments(boot::Accelerator accelerator) {
  return machine::machine_arguments(model::architecture("x86_64"), accelerator, {},
                                    {"/w/kernel", "/w/initramfs", "/w,x/inputs", "/w/work"});
}

bool has(const std::vector<std::string>& words, const std::string& first,
         const std::string& second) {
  const std::vector wanted{first, second};
  return std::search(words.begin(), words.end(), wanted.begin(), wanted.end()) != words.end();
}

} // namespace

TEST_CASE("a machine has no network device and a QEMU that may start nothing") {
  const auto words = arguments(boot::Accelerator::emulation);
  CHECK(has(words, "-nic", "none"));
  CHECK(has(words, "-sandbox",
            "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"));
  CHECK(has(words, "-m", "1024M"));
  CHECK(has(words, "-accel", "tcg,thread=multi,tb-size=192"));
  CHECK(has(arguments(boot::Accelerator::kvm), "-accel", "kvm"));
  CHECK(std::ranges::count(words, "-nodefaults") == 1);
}

TEST_CASE("the inputs are only read, and a comma in a path is no option") {
  const auto words = arguments(boot::Accelerator::emulation);
  const auto disk = std::ranges::find_if(words, [](const std::string& word) {
    return word.find("node-name=inputs") != std::string::npos;
  });
  REQUIRE(disk != words.end());
  CHECK(disk->find("read-only=on") != std::string::npos);
  CHECK(disk->find("filename=/w,,x/inputs") != std::string::npos);
}

TEST_CASE("an emulated kernel does not do what is dear in emulation and guards nothing there") {
  const auto has_word = [](boot::Accelerator accelerator, std::string_view word) {
    return std::ranges::any_of(arguments(accelerator), [&](const std::string& text) {
      return text.find(word) != std::string::npos;
    });
  };
  for (const char* word : {" norandmaps ", " mitigations=off "}) {
    CHECK(has_word(boot::Accelerator::emulation, word));
    CHECK_FALSE(has_word(boot::Accelerator::kvm, word));
  }
  CHECK(has_word(boot::Accelerator::kvm, " -- --imagewright-machine boot"));
}

TEST_CASE("a machine whose disk cannot grow stands still, and loses nothing") {
  CHECK(std::ranges::count_if(arguments(boot::Accelerator::emulation), [](const auto& word) {
          return word.starts_with("virtio-blk-pci,") && word.ends_with(",werror=stop,rerror=stop");
        }) == 2);
}

TEST_CASE("files are named by whole paths, since QEMU starts elsewhere") {
  const auto words =
      machine::machine_arguments(model::architecture("x86_64"), boot::Accelerator::emulation, {},
                                 {"out/kernel", "out/initramfs", "out/inputs", "out/work"});
  const std::string here = std::filesystem::current_path().string();
  CHECK(has(words, "-kernel", here + "/out/kernel"));
  CHECK(has(words, "-initrd", here + "/out/initramfs"));
  CHECK(std::ranges::count_if(words, [&](const std::string& word) {
          return word.find("filename=" + here + "/out/") != std::string::npos;
        }) == 2);
}
