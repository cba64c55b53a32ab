// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <imagewright/http/exchange.hpp>
#include <imagewright/http/group.hpp>

#include "http_server.hpp"

using namespace imagewright::http;
using namespace std::chrono_literals;

namespace {

class Recorder : public Traffic {
public:
  std::string content;
  std::vector<std::string> heads;
  std::size_t largest = 1U << 20U;
  bool throws = false;
  bool is_over = false;

  bool take(std::span<const std::byte> bytes) override {
    if (throws) throw std::runtime_error("no place");
    if (bytes.size() > largest - content.size()) return false;
    content.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return true;
  }
  void take_header(std::string_view line) override { heads.emplace_back(line); }
  bool goes_on() override { return !is_over; }
};

Ending ending_of(const Request& request, Recorder& recorder) {
  return Exchange(request, recorder).perform();
}

} // namespace

TEST_CASE("an answer is taken piece by piece, from the byte that is asked for") {
  HttpServer server;
  server.serve("/file", {.content = "0123456789"});
  Recorder whole;
  CHECK(ending_of({.url = server.url() + "/file"}, whole).status == 200);
  CHECK(whole.content == "0123456789");
  Recorder rest;
  const Ending ending = ending_of({.url = server.url() + "/file", .begin_at = 4}, rest);
  CHECK(ending.fault == Fault::none);
  CHECK(rest.content == "456789");
}

TEST_CASE("pages about errors are no content, and end") {
  HttpServer server;
  server.serve("/gone", {.content = "a page", .status = 404});
  server.serve("/endless", {.content = std::string(1U << 20U, 'x'), .status = 503});
  Recorder gone;
  const Ending missing = ending_of({.url = server.url() + "/gone"}, gone);
  CHECK(missing.status == 404);
  CHECK(missing.fault == Fault::none);
  CHECK(gone.content.empty());
  CHECK_FALSE(gone.heads.empty());
  Recorder endless;
  CHECK(ending_of({.url = server.url() + "/endless"}, endless).status == 503);
  CHECK(endless.content.empty());
}

TEST_CASE("nobody is followed who was not to be, and no further than allowed") {
  HttpServer server;
  server.serve("/there", {.content = "there"});
  server.serve("/here", {.content = "", .redirect = server.url() + "/there"});
  server.serve("/round", {.content = "", .redirect = server.url() + "/round"});
  server.serve("/file", {.content = "", .redirect = "file:///etc/hostname"});
  Recorder unfollowed;
  CHECK(ending_of({.url = server.url() + "/here"}, unfollowed).status / 100 == 3);
  CHECK(unfollowed.content.empty());
  CHECK(server.count("/there") == 0);
  Recorder followed;
  CHECK(ending_of({.url = server.url() + "/here", .most_redirections = 3}, followed).status == 200);
  CHECK(followed.content == "there");
  Recorder round;
  CHECK(ending_of({.url = server.url() + "/round", .most_redirections = 3}, round).fault ==
        Fault::other);
  CHECK(server.count("/round") == 4);
  Recorder local;
  CHECK(ending_of({.url = server.url() + "/file", .most_redirections = 3}, local).fault ==
        Fault::other);
  CHECK(local.content.empty());
}

TEST_CASE("no protocol but those of the web is spoken") {
  for (const char* url : {"file:///etc/hostname", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x"}) {
    Recorder recorder;
    CHECK(ending_of({.url = url}, recorder).fault == Fault::other);
    CHECK(recorder.content.empty());
  }
}

TEST_CASE("what breaks off, what takes no more and what throws end differently") {
  HttpServer server;
  server.serve("/short", {.content = "0123456789", .broken_after = 4, .breaks = 1});
  server.serve("/file", {.content = "0123456789"});
  Recorder cut;
  CHECK(ending_of({.url = server.url() + "/short"}, cut).fault == Fault::cut_short);
  Recorder full;
  full.largest = 3;
  CHECK(ending_of({.url = server.url() + "/file"}, full).fault == Fault::stopped);
  Recorder thrower;
  thrower.throws = true;
  CHECK_THROWS_WITH(ending_of({.url = server.url() + "/file"}, thrower), "no place");
}

TEST_CASE("patience has an end, and a wish to stop is heard while nothing comes") {
  HttpServer server;
  server.serve("/slow", {.content = std::string(64, 'x'), .byte_pause = 200ms});
  Recorder patient;
  const Ending late =
      ending_of({.url = server.url() + "/slow", .patience = {.whole = 1s}}, patient);
  CHECK(late.fault == Fault::other);
  CHECK(patient.content.size() < 64);
  Recorder stopping;
  stopping.is_over = true;
  CHECK(ending_of({.url = server.url() + "/slow"}, stopping).fault == Fault::stopped);
}

TEST_CASE("no word of a login is in what is said of a fault") {
  Recorder recorder;
  std::string url = dead_url();
  url.insert(url.find("://") + 3, "somebody:hunter2@");
  const Ending ending =
      ending_of({.url = url + "/file?token=hunter2", .login = "other:hunter2"}, recorder);
  CHECK(ending.fault == Fault::other);
  CHECK(ending.status == 0);
  for (const std::string& said : {ending.reason, ending.detail, ending.hint})
    CHECK(said.find("hunter2") == std::string::npos);
  CHECK_FALSE(ending.detail.empty());
}

TEST_CASE("no word of a proxy's login is in what is said of a fault") {
  const char* before = std::getenv("http_proxy");
  const std::string kept = before == nullptr ? "" : before;
  for (const char* proxy : {"http://somebody:hunter2", "//somebody:hunter2@host/",
                            "http://somebody:a/hunter2@host:1", "nothing://somebody:hunter2@h"}) {
    INFO(proxy);
    ::setenv("http_proxy", proxy, 1);
    Recorder recorder;
    const Ending ending = ending_of({.url = "http://192.0.2.1:1/file"}, recorder);
    CHECK(ending.fault == Fault::other);
    for (const std::string& said : {ending.reason, ending.detail, ending.hint})
      CHECK(said.find("hunter2") == std::string::npos);
  }
  if (before == nullptr) ::unsetenv("http_proxy");
  if (before != nullptr) ::setenv("http_proxy", kept.c_str(), 1);
}

TEST_CASE("a group moves many, and one that is removed is not heard of again") {
  HttpServer server;
  server.serve("/one", {.content = "one"});
  server.serve("/two", {.content = "two"});
  server.serve("/slow", {.content = std::string(64, 'x'), .byte_pause = 1s});
  Recorder one;
  Recorder two;
  Recorder slow;
  Exchange first({.url = server.url() + "/one"}, one);
  Exchange second({.url = server.url() + "/two"}, two);
  Exchange third({.url = server.url() + "/slow"}, slow);
  Group group;
  for (Exchange* exchange : {&first, &second, &third})
    group.add(*exchange);
  std::size_t ended = 0;
  while (ended < 2) {
    for (const Ended& end : group.move()) {
      CHECK(end.ending.status == 200);
      CHECK(end.exchange != &third);
      ++ended;
    }
    group.wait(10ms);
  }
  group.remove(third);
  CHECK(group.move().empty());
  CHECK(one.content + two.content == "onetwo");
}
