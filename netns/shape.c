// shape.c: see shape.h.
#include "netns/shape.h"

#include "base/parse.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/pkt_sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A decimal number with up to nine digits behind the point, in units of a billionth; where its digits end. NULL: none, or too large.
static const char *scan_decimal(const char *text, uint64_t *ret_billionths)
{
	uint64_t value = 0, unit = 1000000000;
	const char *c = text;

	for (; *c >= '0' && *c <= '9'; c++) {
		value = 10 * value + (uint64_t)(*c - '0');
		if (value >= UINT64_C(10000000000))
			return NULL;
	}
	value *= unit;
	if (c == text)
		return NULL;
	if (*c == '.') {
		if (c[1] < '0' || c[1] > '9')
			return NULL;
		for (c++; *c >= '0' && *c <= '9'; c++) {
			unit /= 10;
			value += (uint64_t)(*c - '0') * unit;
		}
	}
	*ret_billionths = value;
	return c;
}

struct unit {
	const char *name;
	uint64_t factor;
};

// A number with one of the units: in units of the last of them. false: not of that form, or more than `max`.
static bool parse_quantity(const char *text, const struct unit *units, size_t count, uint64_t max, uint64_t *ret_value)
{
	uint64_t billionths;
	const char *unit = scan_decimal(text, &billionths);

	if (unit == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		__extension__ unsigned __int128 value = (unsigned __int128)billionths * units[i].factor / 1000000000;

		if (strcmp(unit, units[i].name) != 0)
			continue;
		if (value > max)
			return false;
		*ret_value = (uint64_t)value;
		return true;
	}
	return false;
}

int link_value_rate(const struct link_word *word, struct error *err)
{
	// tc(8): SI prefixes; "bps" are bytes.
	static const struct unit units[] = {{"tbit", 1000000000000}, {"gbit", 1000000000}, {"mbit", 1000000}, {"kbit", 1000}, {"bit", 1},
					    {"tbps", 8000000000000}, {"gbps", 8000000000}, {"mbps", 8000000}, {"kbps", 8000}, {"bps", 8}};
	uint64_t bits;

	if (!parse_quantity(word->value, units, sizeof units / sizeof *units, UINT64_C(1000000000000), &bits) || bits < 8000)
		return error_set(err, EINVAL, "rate '%s' is not a rate from 8kbit to 1tbit, as in 10mbit or 1.5gbit", word->value);
	word->link->shape.rate = (struct opt_u64){bits / 8, true};
	return 0;
}

static bool parse_time(const char *text, uint64_t *ret_nanoseconds)
{
	static const struct unit units[] = {{"s", 1000000000}, {"ms", 1000000}, {"us", 1000}, {"ns", 1}};

	return parse_quantity(text, units, sizeof units / sizeof *units, UINT64_C(60000000000), ret_nanoseconds);
}

int link_value_delay(const struct link_word *word, struct error *err)
{
	struct net_shape *shape = &word->link->shape;
	char *jitter = strchr(word->value, ' ');

	if (jitter != NULL)
		*jitter++ = '\0';
	if (!parse_time(word->value, &shape->delay) || shape->delay == 0)
		return error_set(err, EINVAL, "delay '%s' is not a time up to 60s, as in 10ms or 500us", word->value);
	if (jitter != NULL && (!parse_time(jitter, &shape->jitter) || shape->jitter > shape->delay))
		return error_set(err, EINVAL, "jitter '%s' is not a time up to the delay, as in '10ms 2ms'", jitter);
	return 0;
}

int link_value_loss(const struct link_word *word, struct error *err)
{
	uint64_t billionths;
	const char *unit = scan_decimal(word->value, &billionths);

	if (unit == NULL || strcmp(unit, "%") != 0 || billionths == 0 || billionths > UINT64_C(100000000000))
		return error_set(err, EINVAL, "loss '%s' is not a share of the packets up to 100%%, as in 0.5%%", word->value);
	word->link->shape.loss = (uint32_t)((__extension__ (unsigned __int128)billionths * UINT32_MAX) / UINT64_C(100000000000));
	return 0;
}

bool net_shape_is_set(const struct net_shape *shape)
{
	return shape->rate.set || shape->delay != 0 || shape->loss != 0;
}

static bool delays(const struct net_shape *shape)
{
	return shape->delay != 0 || shape->loss != 0;
}

// Packets that netem holds: those of the delay at a million a second, beyond its own 1000. More would be lost, which nobody asked for.
static uint32_t netem_limit(const struct net_shape *shape)
{
	return 1000 + (uint32_t)((shape->delay + shape->jitter) / 1000);
}

// What may go at once: 10 ms of the rate, for timers are late, and at least ten frames.
static uint32_t tbf_burst(const struct net_shape *shape, uint32_t mtu)
{
	uint64_t burst = shape->rate.value / 100, least = 10 * (uint64_t)(mtu == 0 ? 1514 : mtu + 14);

	if (burst < least)
		burst = least;
	return burst > UINT32_MAX / 4 ? UINT32_MAX / 4 : (uint32_t)burst;
}

// What waits: 50 ms of the rate, and at least a burst.
static uint32_t tbf_limit(const struct net_shape *shape, uint32_t burst)
{
	uint64_t limit = shape->rate.value / 20 + burst;

	return limit > UINT32_MAX ? UINT32_MAX : (uint32_t)limit;
}

char *net_shape_netem(const struct net_shape *shape, char *text, size_t size)
{
	int used = 0;

	text[0] = '\0';
	if (!delays(shape))
		return text;
	used += snprintf(text, size, "limit %u", netem_limit(shape));
	if (shape->delay != 0)
		used += snprintf(text + used, size - (size_t)used, " delay %" PRIu64 "ns", shape->delay);
	if (shape->jitter != 0)
		used += snprintf(text + used, size - (size_t)used, " %" PRIu64 "ns", shape->jitter);
	if (shape->loss != 0)
		snprintf(text + used, size - (size_t)used, " loss %.7g%%", 100.0 * shape->loss / UINT32_MAX);
	return text;
}

char *net_shape_tbf(const struct net_shape *shape, uint32_t mtu, char *text, size_t size)
{
	uint32_t burst = tbf_burst(shape, mtu);

	text[0] = '\0';
	if (shape->rate.set)
		snprintf(text, size, "rate %" PRIu64 "bit burst %u limit %u", 8 * shape->rate.value, burst, tbf_limit(shape, burst));
	return text;
}

static void begin_qdisc(struct nl_batch *batch, int index, uint32_t parent, uint32_t handle, const char *kind)
{
	struct tcmsg *header = nl_begin(batch, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, sizeof *header);

	if (header != NULL) {
		header->tcm_ifindex = index;
		header->tcm_parent = parent;
		header->tcm_handle = handle;
	}
	nl_put_string(batch, TCA_KIND, kind);
}

enum { ROOT_HANDLE = 1 << 16, RATE_HANDLE = 2 << 16 }; // "1:" and "2:"

static void put_netem(struct nl_batch *batch, const struct net_shape *shape, int index)
{
	const struct tc_netem_qopt options = {.limit = netem_limit(shape), .loss = shape->loss};
	const int64_t delay = (int64_t)shape->delay, jitter = (int64_t)shape->jitter;
	struct nlattr *nested;
	void *fixed;

	begin_qdisc(batch, index, TC_H_ROOT, ROOT_HANDLE, "netem");
	// The fixed part, whose times have 32 bits of ticks, and behind it attributes.
	nested = nl_begin_nested(batch, TCA_OPTIONS);
	fixed = nl_put_raw(batch, sizeof options);
	if (fixed != NULL)
		memcpy(fixed, &options, sizeof options);
	nl_put(batch, TCA_NETEM_LATENCY64, &delay, sizeof delay);
	nl_put(batch, TCA_NETEM_JITTER64, &jitter, sizeof jitter);
	nl_end_nested(batch, nested);
}

static void put_tbf(struct nl_batch *batch, const struct net_shape *shape, uint32_t mtu, int index)
{
	uint64_t rate = shape->rate.value;
	struct tc_tbf_qopt options = {.rate = {.linklayer = TC_LINKLAYER_ETHERNET, .rate = rate > UINT32_MAX ? UINT32_MAX : (uint32_t)rate}};
	uint32_t burst = tbf_burst(shape, mtu);
	struct nlattr *nested;

	options.limit = tbf_limit(shape, burst);
	begin_qdisc(batch, index, delays(shape) ? ROOT_HANDLE + 1 : TC_H_ROOT, RATE_HANDLE, "tbf");
	nested = nl_begin_nested(batch, TCA_OPTIONS);
	nl_put(batch, TCA_TBF_PARMS, &options, sizeof options);
	nl_put_u32(batch, TCA_TBF_BURST, burst);
	if (rate > UINT32_MAX)
		nl_put(batch, TCA_TBF_RATE64, &rate, sizeof rate);
	nl_end_nested(batch, nested);
}

int net_shape_apply(int socket, const struct net_shape *shape, uint32_t mtu, int index, struct error *err)
{
	_Alignas(struct nlmsghdr) char buffer[512];
	struct nl_batch batch;
	unsigned failed = 0;
	bool netem;

	nl_batch_init(&batch, buffer, sizeof buffer);
	if (delays(shape))
		put_netem(&batch, shape, index);
	if (shape->rate.set)
		put_tbf(&batch, shape, mtu, index);
	if (nl_talk(socket, &batch, &failed, err) == 0)
		return 0;
	netem = delays(shape) && failed == 0;
	if (err->code == ENOENT)
		error_hint(err, "this kernel has no %s: neither is it built in nor can the module sch_%s be loaded", netem ? "netem" : "tbf", netem ? "netem" : "tbf");
	return error_prefix(err, "cannot set %s", netem ? (shape->delay != 0 ? "delay=" : "loss=") : "rate=");
}
