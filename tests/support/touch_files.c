// SPDX-License-Identifier: MIT
// Does to a file, inside of an image, what the few programs of a tiny system cannot: each call one
// change. Linked statically, because the image has no libraries for it.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

// linux/posix_acl_xattr.h: version 2, then tag, permissions and id of each entry.
static const unsigned char k_access_list[] = {2,    0, 0, 0,                         //
                                              0x01, 0, 6, 0, 0xff, 0xff, 0xff, 0xff, // the owner
                                              0x02, 0, 4, 0, 0xe8, 0x03, 0,    0, // the user 1000
                                              0x04, 0, 4, 0, 0xff, 0xff, 0xff, 0xff,  // the group
                                              0x10, 0, 4, 0, 0xff, 0xff, 0xff, 0xff,  // the mask
                                              0x20, 0, 4, 0, 0xff, 0xff, 0xff, 0xff}; // others

static int write_mapped(const char* path) {
  const int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return -1;
  char* bytes = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (bytes == MAP_FAILED) return -1;
  bytes[0] = 'M';
  return munmap(bytes, 1);
}

static int set_time(const char* path, long seconds) {
  const struct timespec times[2] = {{.tv_sec = seconds, .tv_nsec = 0},
                                    {.tv_sec = seconds, .tv_nsec = 0}};
  return utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
}

/* The content changes, and the time says that it did not. */
static int write_unseen(const char* path) {
  struct stat before;
  const int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0 || fstat(file, &before) != 0) return -1;
  if (pwrite(file, "U", 1, 0) != 1) return -1;
  const struct timespec times[2] = {before.st_atim, before.st_mtim};
  return futimens(file, times);
}

static int change(int count, char** words) {
  const char* what = words[1];
  const char* path = words[2];
  if (strcmp(what, "truncate") == 0 && count == 4) return truncate(path, atol(words[3]));
  if (strcmp(what, "attribute") == 0 && count == 5)
    return setxattr(path, words[3], words[4], strlen(words[4]), 0);
  if (strcmp(what, "list") == 0)
    return setxattr(path, "system.posix_acl_access", k_access_list, sizeof k_access_list, 0);
  if (strcmp(what, "time") == 0 && count == 4) return set_time(path, atol(words[3]));
  if (strcmp(what, "mapped") == 0) return write_mapped(path);
  if (strcmp(what, "unseen") == 0) return write_unseen(path);
  errno = EINVAL;
  return -1;
}

int main(int count, char** words) {
  if (count >= 3 && change(count, words) == 0) return 0;
  perror(count >= 2 ? words[1] : "touch_files");
  return 1;
}
