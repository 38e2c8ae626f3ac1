// net.h: what the subcommands of `minirun net` share.
#ifndef MINIRUN_CMD_NET_H
#define MINIRUN_CMD_NET_H

#include "cmd/command.h"

struct net_options_values {
	const char *format;
	bool explain;
};

// Each returns the exit code; argv begins behind the subcommand's word.
int net_add(const struct globals *globals, const struct net_options_values *options, int argc, char **argv);
int net_del(const struct globals *globals, const struct net_options_values *options, int argc, char **argv);

#endif
