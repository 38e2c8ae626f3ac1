// svg.c: see svg.h.
#include "cmd/svg.h"

void svg_text(FILE *file, const char *text)
{
	for (; *text != '\0'; text++) {
		const char *entity = *text == '&' ? "&amp;" : *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : NULL;

		if (entity != NULL)
			fputs(entity, file);
		else if ((unsigned char)*text >= ' ')
			fputc(*text, file);
	}
}
