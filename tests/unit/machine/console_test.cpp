// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "machine/console.hpp"

using namespace imagewright::machine;

TEST_CASE("a message survives its line, whatever bytes it has") {
  std::string message;
  for (int byte = 0; byte < 256; ++byte)
    message += static_cast<char>(byte);
  const std::string line = console_line(message);
  CHECK(line.find('\n') == line.size() - 1);
  CHECK(message_of(line.substr(0, line.size() - 1)) == message);
}

TEST_CASE("a line that something else wrote into is no message") {
  std::string line = console_line("stage");
  line.pop_back();
  CHECK(message_of(line) == "stage");
  CHECK(message_of("[  1.0] " + line + "\r") == "stage");
  for (std::size_t place = 0; place < line.size(); ++place) {
    std::string broken = line;
    broken[place] = broken[place] == '0' ? '1' : '0';
    CHECK(message_of(broken) != std::optional<std::string>("stage"));
  }
  CHECK_FALSE(message_of(line.substr(0, line.size() - 1)));
  CHECK_FALSE(message_of(line + "00"));
  CHECK_FALSE(message_of("@imagewright "));
}

TEST_CASE("messages are found in pieces of an output, and the rest is kept for people") {
  std::vector<std::string> messages;
  ConsoleReader reader([&](const std::string& message) { messages.push_back(message); });
  const std::string output = "SeaBIOS\n" + console_line("one") + "panic!\n" + console_line("two");
  for (const char byte : output)
    reader.take(std::string_view(&byte, 1));
  CHECK(messages == std::vector<std::string>{"one", "two"});
  CHECK(reader.other_text() == "SeaBIOS\npanic!\n");
}

TEST_CASE("an endless line is not kept") {
  ConsoleReader reader([](const std::string&) { FAIL("no message was sent"); });
  for (int piece = 0; piece < 100; ++piece)
    reader.take(std::string(65536, 'x'));
  reader.take("\n");
  CHECK(reader.other_text().size() < 70000);
}
