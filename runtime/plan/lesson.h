// lesson.h: the plan as a course: the chapter of each kind of step, where its reason is written down, and how to look at its effect from outside.
// Views of the score, beside plan/describe.h; pure.
#ifndef MINIRUN_PLAN_LESSON_H
#define MINIRUN_PLAN_LESSON_H

#include "base/arena.h"
#include "plan/plan.h"

enum chapter {
	CHAPTER_NAMESPACES,
	CHAPTER_CGROUPS,
	CHAPTER_CAPABILITIES,
	CHAPTER_COPY_ON_WRITE,
	CHAPTER_NETWORK,
	CHAPTER_HANDING_OVER,
	CHAPTER_MAX,
};

// "copy-on-write": a stable word.
const char *chapter_name(enum chapter chapter);
// "Copy-on-write: the files it sees".
const char *chapter_title(enum chapter chapter);
// What the kernel has there, in a few sentences.
const char *chapter_text(enum chapter chapter);

enum chapter step_chapter(enum step_kind kind);

// Where the rule behind step_why() is to be read: manual pages, the OCI runtime specification, the kernel's documentation, a CVE.
const char *step_source(enum step_kind kind);

// A command for another terminal that shows what the step has made, with real paths and names; in the words of placeholders below. It is for the moment when the first `taken` steps of the
// plan have been taken (plan->count: the container is whole): until its root is changed, what init has of the container lies below plan->rootfs.
const char *step_look(struct arena *arena, const struct plan *plan, const struct step *step, size_t taken);
// The same before the names are filled in, in braces; for the test that no kind is without one.
const char *step_look_template(enum step_kind kind);

// How minirun is called for this container: "minirun", with the state root where it is not the usual one.
const char *plan_minirun(struct arena *arena, const struct plan *plan);

// What stands for values that are known only when the container is there.
struct placeholder {
	const char *name; // "$PID"
	const char *text; // what it is, and how to get it
};

enum { PLACEHOLDER_COUNT = 7 };

// `ret_placeholders`: PLACEHOLDER_COUNT of them, for this plan.
void plan_placeholders(struct arena *arena, const struct plan *plan, struct placeholder *ret_placeholders);

#endif
