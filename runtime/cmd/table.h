// table.h: rows of cells on the terminal, in columns as wide as what is in them.
#ifndef MINIRUN_CMD_TABLE_H
#define MINIRUN_CMD_TABLE_H

#include <stddef.h>

enum { TABLE_COLUMNS_MAX = 16, TABLE_GAP = 2 };

// Prints `rows` rows of `columns` cells each, one row after the other in `cells`; left-aligned, `gap` blanks at least between two, none behind the last.
// A column but the last is at least `least` wide, its gap included; 0: as its cells are.
void table_print(const char *const *cells, size_t rows, size_t columns, size_t least, size_t gap);

// "-" for what is not there, so that a line has as many words as the head.
const char *table_cell(const char *text);

#endif
