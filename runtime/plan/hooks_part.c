// hooks_part.c: the plan's hooks (runtime-spec runtime.md "Lifecycle", config.md "POSIX-platform Hooks"): one step each, in the order of their lists.
// poststop is no step: it comes when all has been undone, by whoever does that, from the container's state.
#include "plan/build.h"

static void add_hooks(struct builder *b, enum step_kind kind, const struct hooks *hooks)
{
	for (size_t i = 0; i < hooks->count; i++) {
		struct step *step = builder_add(b, kind);

		step->hook.hook = hooks->items[i];
		step->hook.index = i;
	}
}

// With the mounts made and init still in the old root: createContainer's paths are the runtime's, and what prestart and createRuntime mount or move in is there
// for the steps that follow.
void builder_create_hooks(struct builder *b)
{
	size_t first = b->plan->count;
	int made = builder_last(b, ACTOR_INIT);

	b->plan->hooks_from = first;
	add_hooks(b, STEP_PRESTART_HOOK, &b->spec->hooks.prestart);
	add_hooks(b, STEP_CREATE_RUNTIME_HOOK, &b->spec->hooks.create_runtime);
	if (b->plan->count > first) {
		b->parent_hook = (int)b->plan->count - 1;
		b->plan->steps[first].needs = made;
		b->plan->steps[made].notify = true;
	}
	add_hooks(b, STEP_CREATE_CONTAINER_HOOK, &b->spec->hooks.create_container);
}

void builder_after_create_hooks(struct builder *b)
{
	if (b->parent_hook < 0)
		return;
	b->plan->steps[b->parent_hook + 1].needs = b->parent_hook;
	b->plan->steps[b->parent_hook].notify = true;
}

// After `start`, right before the program and under its filter, as with runc and crun: the hook is found in the image, so it may do no more than the program.
// Without no_new_privs the filter, and so the hooks, precede the change of user: the hook itself makes it then.
void builder_start_hooks(struct builder *b, const struct user_ids *user, const struct capability_sets *capabilities)
{
	size_t first = b->plan->count;
	struct capability_sets *own_sets;
	struct user_ids *own_user;

	add_hooks(b, STEP_START_CONTAINER_HOOK, &b->spec->hooks.start_container);
	if (b->plan->count == first || user == NULL)
		return;
	own_user = arena_alloc(b->arena, sizeof *own_user);
	own_sets = arena_alloc(b->arena, sizeof *own_sets);
	*own_user = *user;
	*own_sets = *capabilities;
	for (size_t i = first; i < b->plan->count; i++) {
		b->plan->steps[i].hook.user = own_user;
		b->plan->steps[i].hook.capabilities = own_sets;
	}
}

void builder_poststart_hooks(struct builder *b)
{
	add_hooks(b, STEP_POSTSTART_HOOK, &b->spec->hooks.poststart);
}
