// test_compare.c: spec/position and spec/compare: where a value of config.json stands, and what differs in meaning between two.
#include "spec/compare.h"
#include "spec/json.h"
#include "spec/position.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char text[] = "{\n"
			   " \"a\": {\"b\": [1,\n"
			   "   {\"c\": \"}],\\\"\"},\n"
			   "   [[], [2]] ],\n"
			   " \"d.e\": -1.5e3 },\n"
			   " \"f\":\n"
			   "   true, \"g\": {}\n"
			   "}\n";

static void values_have_lines(void **state)
{
	(void)state;
	assert_int_equal(config_line(text, ""), 1);
	assert_int_equal(config_line(text, "a"), 2);
	assert_int_equal(config_line(text, "a.b"), 2);
	assert_int_equal(config_line(text, "a.b[0]"), 2);
	assert_int_equal(config_line(text, "a.b[1]"), 3);
	assert_int_equal(config_line(text, "a.b[1].c"), 3);
	assert_int_equal(config_line(text, "a.b[2][1][0]"), 4);
	assert_int_equal(config_line(text, "a[\"d.e\"]"), 5);
	assert_int_equal(config_line(text, "f"), 6);
	assert_int_equal(config_line(text, "g"), 7);
}

static void what_is_not_there_has_none(void **state)
{
	static const char *const paths[] = {"h", "a.c", "a.b[3]", "a.b[0][0]", "a.b.c", "f.x", "g[0]", "a[\"d.f\"]", "a[\"d.e", "g.x", "a.b[2][0][0]"};

	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		assert_int_equal(config_line(text, paths[i]), 0);
}

// The differences as "PATH|LEFT:LINE|RIGHT:LINE", one a line.
static const char *differences(struct arena *arena, const char *left_text, const char *right_text)
{
	struct error err = ERROR_INIT;
	AUTO_JSON *left_root = NULL, *right_root = NULL;
	struct compared left = {.text = left_text}, right = {.text = right_text};
	struct differences found;
	const char *said = "";

	assert_int_equal(json_read(left_text, strlen(left_text), &left_root, &err), 0);
	assert_int_equal(json_read(right_text, strlen(right_text), &right_root, &err), 0);
	left.root = left_root;
	right.root = right_root;
	found = config_compare(arena, &left, &right);
	for (size_t i = 0; i < found.count; i++)
		said = arena_printf(arena, "%s%s|%s:%zu|%s:%zu\n", said, found.items[i].path, found.items[i].left != NULL ? found.items[i].left : "", found.items[i].left_line,
				    found.items[i].right != NULL ? found.items[i].right : "", found.items[i].right_line);
	return said;
}

static void expect(const char *left, const char *right, const char *wanted)
{
	AUTO_ARENA arena = {0};

	assert_string_equal(differences(&arena, left, right), wanted);
}

static void what_means_the_same_is_the_same(void **state)
{
	(void)state;
	expect("{}", "{}", "");
	expect("{\"a\": 1, \"b\": 2}", "{\"b\": 2,\n\"a\": 1}", "");
	expect("{\"hostname\": null}", "{}", "");
	expect("{\"process\": {\"env\": [\"A=1\", \"B=2\"]}}", "{\"process\": {\"env\": [\"B=2\", \"A=1\"]}}", "");
	expect("{\"linux\": {\"maskedPaths\": [\"/a\", \"/b\"], \"namespaces\": [{\"type\": \"pid\"}, {\"type\": \"ipc\"}]}}",
	       "{\"linux\": {\"maskedPaths\": [\"/b\", \"/a\"], \"namespaces\": [{\"type\": \"ipc\"}, {\"type\": \"pid\"}]}}", "");
	expect("{\"process\": {\"rlimits\": []}}", "{\"process\": {}}", "");
	expect("{\"linux\": {\"seccomp\": {\"syscalls\": [{\"names\": [\"a\", \"b\"], \"action\": \"X\"}]}}}",
	       "{\"linux\": {\"seccomp\": {\"syscalls\": [{\"names\": [\"b\"], \"action\": \"X\"}, {\"action\": \"X\", \"names\": [\"a\"]}]}}}", "");
}

static void what_differs_is_named_with_its_lines(void **state)
{
	(void)state;
	expect("{\"root\":\n{\"readonly\": true}}", "{\"root\": {\"path\": \"r\", \"readonly\": false}}", "root.readonly|true:2|false:1\nroot.path|:0|\"r\":1\n");
	expect("{\"process\": {\"args\": [\"a\", \"b\"]}}", "{\"process\": {\"args\": [\"b\", \"a\"]}}", "process.args|[\"a\",\"b\"]:1|[\"b\",\"a\"]:1\n");
	expect("{\"process\": {\"env\": [\"A=1\",\n\"B=2\"]}}", "{\"process\": {\"env\": [\"C=3\",\n\n\"A=1\", \"B=4\"]}}", "process.env[B]|\"B=2\":2|\"B=4\":3\nprocess.env[C]|:0|\"C=3\":1\n");
	expect("{\"annotations\": {\"a.b\": \"c\"}}", "{\"annotations\": {\n\"a.b\": \"d\"}}", "annotations[\"a.b\"]|\"c\":1|\"d\":2\n");
	expect("{\"linux\": {\"namespaces\": [{\"type\": \"pid\"},\n{\"type\": \"ipc\", \"path\": \"/p\"}]}}", "{\"linux\": {\"namespaces\": [{\"type\": \"ipc\"}]}}",
	       "linux.namespaces[pid]|{\"type\":\"pid\"}:1|:0\nlinux.namespaces[ipc].path|\"/p\":2|:0\n");
	expect("{\"process\": 1}", "{\"process\": {\"cwd\": \"/\"}}", "process|1:1|{\"cwd\":\"/\"}:1\n");
}

static void mounts_lie_on_each_other(void **state)
{
	(void)state;
	expect("{\"mounts\": [{\"destination\": \"/a\"}, {\"destination\": \"/b\"}]}", "{\"mounts\": [{\"destination\": \"/b\"}, {\"destination\": \"/a\"}]}",
	       "mounts|[\"/a\",\"/b\"]:1|[\"/b\",\"/a\"]:1\n");
	// The second of a name is compared with the second.
	expect("{\"mounts\": [{\"destination\": \"/a\", \"type\": \"x\"}, {\"destination\": \"/a\", \"type\": \"y\"}]}",
	       "{\"mounts\": [{\"destination\": \"/a\", \"type\": \"x\"}, {\"destination\": \"/a\", \"type\": \"z\"}]}", "mounts[/a].type|\"y\":1|\"z\":1\n");
	expect("{\"mounts\": [{\"destination\": \"/a\"}]}", "{\"mounts\": [{\"destination\": \"/b\"}, {\"destination\": \"/a\"}]}", "mounts[/b]|:0|{\"destination\":\"/b\"}:1\n");
}

static void rules_are_compared_by_call(void **state)
{
	(void)state;
	expect("{\"linux\": {\"seccomp\": {\"syscalls\": [{\"names\": [\"a\",\n\"b\"], \"action\": \"X\"}]}}}",
	       "{\"linux\": {\"seccomp\": {\"syscalls\": [{\"names\": [\"a\"], \"action\": \"X\"},\n{\"names\": [\"b\", \"c\"], \"action\": \"Y\", \"errnoRet\": 5, \"args\": [{\"index\": 0}]}]}}}",
	       "linux.seccomp.syscalls[b]|X:2|Y 5 if [{\"index\":0}]:2\nlinux.seccomp.syscalls[c]|:0|Y 5 if [{\"index\":0}]:2\n");
}

// It compares what no other check has looked at.
static void nonsense_is_compared_too(void **state)
{
	(void)state;
	expect("{\"linux\": {\"seccomp\": {\"syscalls\": [{\"names\": [null, 5, \"a\"]}, null, 7]}}}", "{\"linux\": {\"seccomp\": {\"syscalls\": [{\"names\": {}}]}}}",
	       "linux.seccomp.syscalls[a]|no action:1|:0\n");
	expect("{\"mounts\": [null, 5, {}], \"process\": {\"env\": [null, 5]}}", "{\"mounts\": [null, 5, {}], \"process\": {\"env\": [null, 5]}}", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_have_lines),
		cmocka_unit_test(what_is_not_there_has_none),
		cmocka_unit_test(what_means_the_same_is_the_same),
		cmocka_unit_test(what_differs_is_named_with_its_lines),
		cmocka_unit_test(mounts_lie_on_each_other),
		cmocka_unit_test(rules_are_compared_by_call),
		cmocka_unit_test(nonsense_is_compared_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
