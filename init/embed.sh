#!/bin/sh
# embed.sh PROGRAM: prints a C file with the content of the program as `const unsigned char reaper_image[]`.
set -eu
echo '#include "proc/reaper.h"'
echo 'const unsigned char reaper_image[] = {'
od -An -v -tx1 "$1" | sed -E 's/ ([0-9a-f]{2})/0x\1,/g'
echo '};'
echo 'const size_t reaper_image_size = sizeof reaper_image;'
