// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>

#include <imagewright/base/error.hpp>

#include "upload/page_list.hpp"

using namespace imagewright;
using upload::Range;
using upload::Ranges;

TEST_CASE("reads lists of pages as servers write them, and joins neighbours") {
  CHECK(upload::parse_page_list("<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<PageList />")
            .empty());
  CHECK(upload::parse_page_list(
            "\xEF\xBB\xBF<?xml version='1.0'?><PageList>"
            "<PageRange><Start>0</Start><End>511</End></PageRange>\n"
            "<PageRange> <Start>512</Start> <End>1023</End> </PageRange>"
            "<ClearRange><Start>1024</Start><End>2047</End></ClearRange>"
            "<PageRange><Start>4096</Start><End>8191</End></PageRange></PageList>") ==
        Ranges{{0, 1024}, {4096, 4096}});
}

TEST_CASE("refuses what is no list of pages") {
  for (const char* text :
       {"", "<html></html>", "<PageList>",
        "<PageList><PageRange><Start>0</Start></PageRange></PageList>",
        "<PageList><PageRange><Start>-1</Start><End>5</End></PageRange></PageList>",
        "<PageList><PageRange><Start>9</Start><End>5</End></PageRange></PageList>",
        "<PageList><PageRange><Start>0</Start><End>18446744073709551615</End></PageRange></"
        "PageList>",
        "<PageList><PageRange><Start>8</Start><End>9</End></PageRange><PageRange><Start>0</Start>"
        "<End>1</End></PageRange></PageList>",
        "<PageList><PageRange><Start>0</Start><End>5</End></PageRange><NextMarker>x</NextMarker>"
        "</PageList>"}) {
    INFO(text);
    CHECK_THROWS_AS(upload::parse_page_list(text), base::Error);
  }
}
