// arena.c: see arena.h.
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 16 * 1024 - 64, ALIGNMENT = 16, FIRST_ROOM = 16 };

struct arena_block {
	struct arena_block *next;
	size_t size;
	size_t used;
	_Alignas(ALIGNMENT) char data[];
};

static _Noreturn void out_of_memory(size_t size)
{
	fprintf(stderr, "minirun: out of memory (%zu bytes asked)\n", size);
	exit(125);
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->head;

	if (size > SIZE_MAX / 2)
		out_of_memory(size);
	size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	if (block == NULL || block->size - block->used < size) {
		size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;

		block = malloc(sizeof *block + room);
		if (block == NULL)
			out_of_memory(room);
		block->size = room;
		block->used = 0;
		block->next = arena->head;
		arena->head = block;
	}
	block->used += size;
	return memset(block->data + block->used - size, 0, size);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		out_of_memory(SIZE_MAX);
	return arena_alloc(arena, bytes);
}

void *arena_grow(struct arena *arena, void *items, size_t count, size_t *room, size_t size)
{
	void *larger;

	if (count < *room)
		return items;
	while (*room <= count)
		*room = *room == 0 ? FIRST_ROOM : 2 * *room;
	larger = arena_array(arena, *room, size);
	if (count > 0)
		memcpy(larger, items, count * size);
	return larger;
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
	return memcpy(arena_alloc(arena, length + 1), text, length);
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	va_list again;
	int length;
	char *text;

	va_start(args, format);
	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	text = arena_alloc(arena, (size_t)length + 1);
	vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	va_end(args);
	return text;
}

void arena_free(struct arena *arena)
{
	while (arena->head != NULL) {
		struct arena_block *block = arena->head;

		arena->head = block->next;
		free(block);
	}
}
