// SPDX-License-Identifier: MIT
// Has nothing of its own: the header that is precompiled for every test program belongs to its
// target.
