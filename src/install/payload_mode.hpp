// SPDX-License-Identifier: MIT
#pragma once

// How librpm calls compressors.

#include <string_view>

namespace imagewright::install {

/// librpm's name for reading what a compressor wrote, as RPMTAG_PAYLOADCOMPRESSOR says it.
inline const char* payload_mode(std::string_view compressor) {
  if (compressor == "zstd") return "r.zstdio";
  if (compressor == "xz" || compressor == "lzma") return "r.xzdio";
  if (compressor == "bzip2") return "r.bzdio";
  return "r.gzdio";
}

} // namespace imagewright::install
