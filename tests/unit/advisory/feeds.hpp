// SPDX-License-Identifier: MIT
#pragma once

// Small feeds and packages for tests.

#include <functional>
#include <string>

#include <imagewright_test/scratch.hpp>

#include <imagewright/advisory/feed.hpp>
#include <imagewright/advisory/inventory.hpp>
#include <imagewright/base/error.hpp>

namespace imagewright_test {

/// An OVAL document of one definition: `criteria` inside of it, and tests 1 (openssl <
/// 0:3.3.2-1.azl3), 2 (openssl > 0:3.0.0-1.azl3) and 3 (curl < 0:8.9.0-1).
inline std::string oval(const std::string& criteria,
                        const std::string& metadata = "<patchable>true</patchable>") {
  const auto test = [](const char* number) {
    const std::string id(number);
    return "<l:rpminfo_test check=\"at least one\" id=\"t" + id + "\"><l:object object_ref=\"o" +
           id + "\"/><l:state state_ref=\"s" + id + "\"/></l:rpminfo_test>";
  };
  const auto state = [](const char* id, const char* operation, const char* version) {
    return std::string("<l:rpminfo_state id=\"") + id +
           "\"><l:evr datatype=\"evr_string\" operation=\"" + operation + "\">" + version +
           "</l:evr></l:rpminfo_state>";
  };
  const auto object = [](const char* id, const char* name) {
    return std::string("<l:rpminfo_object id=\"") + id + "\"><l:name>" + name +
           "</l:name></l:rpminfo_object>";
  };
  return "<oval_definitions "
         "xmlns:l=\"urn:l\"><generator><timestamp>2024-10-10T12:04:24Z</timestamp>"
         "</generator><definitions><definition class=\"vulnerability\" id=\"def1\"><metadata>"
         "<reference ref_id=\"CVE-2024-1\" source=\"CVE\"/><severity>High</severity>" +
         metadata + "</metadata>" + criteria + "</definition></definitions><tests>" + test("1") +
         test("2") + test("3") + "</tests><objects>" + object("o1", "openssl") +
         object("o2", "openssl") + object("o3", "curl") + "</objects><states>" +
         state("s1", "less than", "0:3.3.2-1.azl3") +
         state("s2", "greater than", "0:3.0.0-1.azl3") + state("s3", "less than", "0:8.9.0-1") +
         "</states></oval_definitions>";
}

inline const std::string k_one_test =
    "<criteria operator=\"AND\"><criterion test_ref=\"t1\"/></criteria>";

inline imagewright::advisory::Feed read_feed(const std::filesystem::path& path) {
  const imagewright::base::Cancellation cancellation;
  return imagewright::advisory::read_feed(path, cancellation);
}

inline imagewright::advisory::Feed feed_from(const std::string& text) {
  const ScratchDirectory scratch;
  return read_feed(scratch.write("feed", text));
}

/// A binary package, and the source package that it is from.
inline imagewright::advisory::InstalledPackage package(const char* name, const char* version,
                                                       const char* release, const char* source) {
  return imagewright::advisory::installed_package(
      {.name = name, .epoch = 0, .version = version, .release = release, .architecture = "x86_64"},
      source);
}

/// The code of the error that `work` throws; empty when it throws none.
inline std::string code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const imagewright::base::Error& error) {
    return error.diagnostic().code;
  }
  return "";
}

} // namespace imagewright_test
