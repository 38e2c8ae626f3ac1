// table.c: see table.h.
#include "cmd/table.h"

#include <stdio.h>
#include <string.h>

void table_print(const char *const *cells, size_t rows, size_t columns, size_t least, size_t gap)
{
	size_t widths[TABLE_COLUMNS_MAX];

	for (size_t column = 0; column < columns; column++)
		widths[column] = least;
	for (size_t i = 0; i < rows * columns; i++)
		if (strlen(cells[i]) + gap > widths[i % columns])
			widths[i % columns] = strlen(cells[i]) + gap;
	for (size_t row = 0; row < rows; row++) {
		for (size_t column = 0; column + 1 < columns; column++)
			printf("%-*s", (int)widths[column], cells[row * columns + column]);
		printf("%s\n", cells[row * columns + columns - 1]);
	}
}

const char *table_cell(const char *text)
{
	return text == NULL || *text == '\0' ? "-" : text;
}
