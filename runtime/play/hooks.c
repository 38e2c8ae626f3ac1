// hooks.c: see hooks.h.
#include "play/hooks.h"

#include "base/log.h"
#include "play/destroy.h"

int hooks_run(const struct hook_moment *moment, size_t index, const struct hook *hook, struct hook_setting setting, struct error *err)
{
	struct arena arena = {0};
	int result;

	setting.input = state_hook_document(&arena, moment->state, moment->status, moment->pid);
	result = hook_run(hook, &setting, err);
	arena_free(&arena);
	return result < 0 ? error_prefix(err, "hooks.%s[%zu] (%s) failed", moment->list, index, hook->path) : 0;
}

int hooks_poststart(const struct state *state, struct error *err)
{
	const struct hook_moment moment = {.list = "poststart", .state = state, .status = STATUS_RUNNING, .pid = state->pid};

	for (size_t i = 0; i < state->poststart.count; i++)
		if (hooks_run(&moment, i, &state->poststart.items[i], (struct hook_setting){.directory = state->bundle}, err) < 0)
			return -1;
	return 0;
}

int container_poststart(int root, int dir, const struct state *state, struct error *err)
{
	struct error gone = ERROR_INIT;

	state_unlock(dir);
	if (hooks_poststart(state, err) == 0)
		return 0;
	// A hook may have deleted the container.
	if (state_relock(dir, NULL, &gone) == 0 && container_destroy(root, state, NULL, &gone) < 0)
		log_warning("while undoing: %s", gone.text);
	return -1;
}

void hooks_poststop(const struct state *state)
{
	const struct hook_moment moment = {.list = "poststop", .state = state, .status = STATUS_STOPPED};

	for (size_t i = 0; i < state->poststop.count; i++) {
		struct error err = ERROR_INIT;

		if (hooks_run(&moment, i, &state->poststop.items[i], (struct hook_setting){.directory = state->bundle}, &err) < 0)
			log_warning("%s", err.text);
	}
}
