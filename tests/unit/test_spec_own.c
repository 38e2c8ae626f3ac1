// test_spec_own.c: minirun's own flags and annotations: which wins, what is refused.
#include "spec_text.h"

#include "spec/own.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
// cmocka wants the ones above first
#include <cmocka.h>

static int resolve(struct spec *spec, const char *annotations, const struct own_flags *flags, struct own *own, struct error *err)
{
	char text[1024];

	snprintf(text, sizeof text, "{'ociVersion':'1.0.0','root':{'path':'r'},'annotations':{%s}}", annotations);
	assert_int_equal(parse_text(spec, text, NULL, err), 0);
	return own_resolve(spec, flags, false, own, err);
}

static void nothing_asked(void **state)
{
	struct spec spec;
	struct own own;
	struct error err;

	(void)state;
	assert_int_equal(resolve(&spec, "'com.example.cpus':'9','org.minirunner.x':''", &(struct own_flags){0}, &own, &err), 0);
	assert_int_equal(own.snapshot.kind, SNAPSHOT_NONE);
	assert_false(own.places);
	assert_int_equal(own.threads.count, 0);
	assert_int_equal(own.link_count, 0);
	assert_false(own.snapshot.automatic);
	assert_int_equal(own_resolve(&spec, &(struct own_flags){0}, true, &own, &err), 0);
	assert_true(own.snapshot.automatic);
	assert_false(own.snapshot_given);
	spec_free(&spec);
}

static void annotations_alone(void **state)
{
	struct spec spec;
	struct own own;
	struct error err;

	(void)state;
	assert_int_equal(resolve(&spec, "'org.minirun.snapshot':'overlay','org.minirun.cpus':'2-3','org.minirun.thread':'wk_*=workers;*=housekeeping','org.minirun.init':'true','org.minirun.net':'eth0:veth,bridge=mr0,address=10.9.0.2/24;eth1:veth'", &(struct own_flags){0}, &own, &err), 0);
	assert_int_equal(own.snapshot.kind, SNAPSHOT_OVERLAY);
	assert_true(own.places);
	assert_string_equal(core_request_format(&spec.arena, &own.cpus), "2-3");
	assert_int_equal(own.threads.count, 2);
	assert_false(own.threads.built_in);
	assert_string_equal(own.threads.items[1].text, "*=housekeeping");
	assert_true(own.init);
	assert_int_equal(own.link_count, 2);
	assert_string_equal(own.links[0].name, "eth0");
	assert_string_equal(own.links[0].bridge, "mr0");
	assert_int_equal(own.links[0].address_count, 1);
	assert_string_equal(own.links[1].name, "eth1");
	spec_free(&spec);
}

static void flags_win(void **state)
{
	const char *nets[] = {"eth7:veth"};
	const char *threads[] = {"io=main"};
	const struct own_flags flags = {.snapshot = "none", .cpus = "5", .nets = nets, .net_count = 1, .threads = threads, .thread_count = 1};
	struct spec spec;
	struct own own;
	struct error err;

	(void)state;
	assert_int_equal(resolve(&spec, "'org.minirun.snapshot':'overlay','org.minirun.cpus':'2-3','org.minirun.thread':'a=main;b=all','org.minirun.net':'eth0:veth;eth1:veth'", &flags, &own, &err), 0);
	assert_int_equal(own.snapshot.kind, SNAPSHOT_NONE);
	assert_string_equal(core_request_format(&spec.arena, &own.cpus), "5");
	assert_int_equal(own.threads.count, 1);
	assert_string_equal(own.threads.items[0].text, "io=main");
	assert_int_equal(own.link_count, 1);
	assert_string_equal(own.links[0].name, "eth7");
	spec_free(&spec);
}

static void refused(void **state)
{
	const char *bad_net[] = {"eth0:veth", "eth1:wifi"};
	const char *twice[] = {"eth0:veth", "eth0:veth"};
	const struct {
		const char *annotations;
		struct own_flags flags;
		const char *message;
	} table[] = {
		{"'org.minirun.init':'1'", {0}, "annotations.org.minirun.init: it is true or false, not \"1\""},
		{"'org.minirun.cpu':'2'", {0}, "annotations.org.minirun.cpu: unknown; minirun's annotations are org.minirun.snapshot, org.minirun.cpus, org.minirun.init, org.minirun.net, org.minirun.thread, org.minirun.dns, org.minirun.dns-search and org.minirun.host"},
		{"'org.minirun.':''", {0}, "annotations.org.minirun.: unknown"},
		{"'org.minirun.snapshot':'zfs'", {0}, "annotations.org.minirun.snapshot: unknown kind of snapshot \"zfs\"; known are auto, overlay, btrfs, reflink and none"},
		{"'org.minirun.snapshot':'z\\u0007'", {0}, "unknown kind of snapshot \"z?\""},
		{"", {.snapshot = "zfs"}, "--snapshot: unknown kind of snapshot \"zfs\""},
		{"", {.snapshot = ""}, "--snapshot: unknown kind of snapshot \"\""},
		{"", {.cpus = ""}, "--cpus: "},
		{"'org.minirun.thread':'a=main'", {0}, "annotations.org.minirun.thread: rules for threads need CPUs of the container's own"},
		{"", {.cpus = "1", .threads = bad_net, .thread_count = 1}, "--thread: "},
		{"'org.minirun.cpus':'3-2'", {0}, "annotations.org.minirun.cpus: "},
		{"", {.cpus = "1,,2"}, "--cpus: "},
		{"", {.nets = bad_net, .net_count = 2}, "--net: "},
		{"", {.nets = twice, .net_count = 2}, "--net: "},
		{"'org.minirun.net':'host;eth0:veth'", {0}, "annotations.org.minirun.net: link eth0 needs a network namespace of the container's own, and host is another one"},
		{"'org.minirun.net':'host;none'", {0}, "annotations.org.minirun.net: host and none exclude each other"},
		{"'org.minirun.net':'container:'", {0}, "annotations.org.minirun.net: '' is no container id"},
		{"'org.minirun.net':'container:../x'", {0}, "annotations.org.minirun.net: '../x' is no container id"},
		{"'org.minirun.net':'eth0:veth;'", {0}, "annotations.org.minirun.net: "},
		{"'org.minirun.net':'eth0:veth;eth0:veth'", {0}, "annotations.org.minirun.net: "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct own own = {.snapshot.kind = SNAPSHOT_KIND_MAX};
		struct spec spec;
		struct error err;

		if (resolve(&spec, table[i].annotations, &table[i].flags, &own, &err) == 0)
			fail_msg("%s: accepted", table[i].message);
		if (strstr(err.text, table[i].message) == NULL)
			fail_msg("expected %s, got %s", table[i].message, err.text);
		assert_int_equal(own.snapshot.kind, SNAPSHOT_KIND_MAX); // written only on success
		spec_free(&spec);
	}
}

static void a_class_is_named_once(void **state)
{
	const struct own_flags flags = {.cpus = "1,resctrl=gold"};
	struct error err = ERROR_INIT;
	struct spec spec;
	struct own own;

	(void)state;
	assert_int_equal(resolve(&spec, "", &flags, &own, &err), 0);
	assert_true(spec.linux_.intel_rdt.present);
	assert_string_equal(spec.linux_.intel_rdt.clos_id, "gold");
	// As if the config had one.
	assert_int_equal(own_resolve(&spec, &flags, true, &own, &err), -1);
	assert_string_equal(err.text, "--cpus: resctrl=gold: linux.intelRdt says already which class the container has; leave one of the two out");
	spec_free(&spec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_class_is_named_once),
		cmocka_unit_test(nothing_asked), cmocka_unit_test(annotations_alone), cmocka_unit_test(flags_win), cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
