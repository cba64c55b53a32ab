# SPDX-License-Identifier: MIT
# cmake -DPAGES=docs/errors -DOUTPUT=error_pages.cpp -P GenerateErrorPages.cmake
# Puts the pages of docs/errors into the program, so that `imagewright help error CODE` needs no file beside it.

file(GLOB pages RELATIVE ${PAGES} ${PAGES}/*.md)
# In the order of codes: with their endings, "a-b.md" would stand before "a.md".
list(TRANSFORM pages REPLACE "\\.md$" "" OUTPUT_VARIABLE codes)
list(SORT codes)
set(rows "")
foreach(code IN LISTS codes)
  file(READ ${PAGES}/${code}.md text)
  string(APPEND rows "    ErrorPage{\"${code}\", R\"page(${text})page\"},\n")
endforeach()
list(LENGTH codes count)
file(WRITE ${OUTPUT}.new "// SPDX-License-Identifier: MIT
// Made from docs/errors by toolkit/cmake/GenerateErrorPages.cmake.
#include \"error_pages.hpp\"

#include <array>

namespace imagewright::cli {

std::span<const ErrorPage> error_pages() {
  static constexpr std::array<ErrorPage, ${count}> k_pages{
${rows}  };
  return k_pages;
}

} // namespace imagewright::cli
")
file(RENAME ${OUTPUT}.new ${OUTPUT})
