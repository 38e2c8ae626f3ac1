// svg.h: what the drawings of commands have in common.
#ifndef MINIRUN_CMD_SVG_H
#define MINIRUN_CMD_SVG_H

#include <stdio.h>

// Text as XML takes it; control characters are left out.
void svg_text(FILE *file, const char *text);

#endif
