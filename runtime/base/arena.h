// arena.h: a bump allocator for data that lives as long as one spec or plan.
// Memory is zeroed, 16-byte aligned, never freed singly, and all freed by arena_free(). Running out of
// memory ends the process with a message on stderr (exit 125): a runtime that cannot get a few
// kilobytes can do nothing sensible, and no caller has to check.
#ifndef MINIRUN_BASE_ARENA_H
#define MINIRUN_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *head; // zero-initialise: an empty arena is {0}
};

void *arena_alloc(struct arena *arena, size_t size);
// An array of `count` elements of `size` bytes; the product is checked for overflow.
void *arena_array(struct arena *arena, size_t count, size_t size);
// Room for one more element: `items` itself while `count` is below `*room`, else a copy with twice the room (`*room` is set; 0 to begin
// with, also for an array that was made without). The old copy stays in the arena, so that pointers into it stay valid and a list of n costs less than 2n elements in all.
void *arena_grow(struct arena *arena, void *items, size_t count, size_t *room, size_t size);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
void arena_free(struct arena *arena);

// One that lasts as long as its block: `AUTO_ARENA arena = {0};`.
#define AUTO_ARENA __attribute__((cleanup(arena_free))) struct arena

#endif
