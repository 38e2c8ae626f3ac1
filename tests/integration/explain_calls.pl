# explain_calls.pl STEPS TRACE: compares what `minirun explain` says of each step's kernel calls with what strace has seen, per actor, in order. STEPS: a line a step: number, actor, name,
# calls, parted by tabulators. TRACE: of strace -f -y -v --decode-pids=pidns. Prints what differs, or how many calls were compared; exit status 1 or 0.
#
# Compared: each call of the table below that succeeded, with all strings and all named constants that explain has in it; the messages of each netlink request by their types.
# Left out on purpose, since they are in no step's nature:
#   memory, signals, clocks, waiting; opening, closing, reading, looking (open*, stat, access, readlink, getdents, RTM_GET*, BPF_PROG_QUERY);
#   notes between the two processes (sendmsg, recvmsg on their socket), locks (flock), names for ps (PR_SET_NAME);
#   files of minirun's own (state.json's text, the ledger, locks, marks beside a snapshot), of which only the directories made below the state directory, and renames, are compared;
#   what depends on how others are: controllers that the cgroups above lack, how far a kernel gives CPUs away, interrupts that leave them;
#   what makes room in a root file system: directories and files that a mount or device stands on, if the image has them not.
# Numbers and descriptors are not compared: explain knows few of them before.
use strict;
use warnings;

my %compared = map { $_ => 1 } qw(
	clone3 setns unshare setsid umask setgroups setresgid setresuid capset prctl keyctl
	mount umount2 mount_setattr open_tree move_mount fsopen fsconfig fsmount pivot_root chroot chdir fchdir
	mkdir rename mknodat symlinkat fchown fchownat fchmod fchmodat fsetxattr utimensat sethostname setdomainname bpf seccomp execve execveat
	sched_setaffinity sched_setattr ioprio_set set_mempolicy personality prlimit64 close_range getcwd write
	RTM_NEWLINK RTM_DELLINK RTM_SETLINK RTM_NEWADDR RTM_NEWROUTE RTM_NEWQDISC);
# As strace writes them where it does not know the socket's family.
my %messages = ('0x10' => 'RTM_NEWLINK', '0x11' => 'RTM_DELLINK', '0x12' => 'RTM_GETLINK', '0x13' => 'RTM_SETLINK', '0x14' => 'RTM_NEWADDR', '0x18' => 'RTM_NEWROUTE', '0x24' => 'RTM_NEWQDISC');

my $of_others = qr{/cgroup\.(subtree_control|type)\b|/cpuset\.cpus\.(partition|exclusive)\b|/proc/irq/|/workqueue/|watchdog_cpumask};

my ($steps, $trace) = @ARGV;

# ---- what was called: [number of the line, name, text]; text undef: nobody could read the arguments ----

sub calls_of_line
{
	my ($name, $text) = @_;
	# 467, from Linux 6.15 on: the clone and its attributes at once.
	return (['open_tree', undef], ['mount_setattr', undef]) if $name eq 'open_tree_attr' || $name eq 'syscall_0x1d3';
	if ($name eq 'sendto') {
		my @requests = split /(?=\{nlmsg_len=)/, $text;
		return map { /nlmsg_type=(RTM_\w+)/ ? [$1, $_] : /nlmsg_type=(0x[0-9a-f]+)/ && $messages{$1} ? [$messages{$1}, undef] : () } @requests;
	}
	# The ...at() calls by whole paths. What is attached nowhere is "/".
	if ($name =~ /^mkdir/) {
		my $path = $text =~ /^mkdirat\(\d+<([^>]*)>, "([^"]*)"/ ? "$1/$2" : $text =~ /"([^"]*)"/ ? $1 : '';
		return $path =~ m{^(/run/minirun/|/sys/fs/cgroup/|//)} ? (['mkdir', $path]) : ();
	}
	if ($name eq 'renameat') {
		my ($directory, $new) = $text =~ /^renameat\(\d+<[^>]*>, "[^"]*", \d+<([^>]*)>, "([^"]*)"/ or return;
		return $directory =~ m{^/run/minirun/} ? (['rename', "$directory/$new"]) : ();
	}
	return () if $name eq 'symlinkat' && $text =~ m{, \d+</run/minirun/}; # minirun's marks beside a snapshot
	return ['symlinkat', "$1 $2/$3"] if $text =~ /^symlinkat\("([^"]*)", \d+<([^>]*)>, "([^"]*)"/;
	return ['clone3', undef] if $name eq 'clone'; # where a filter hides clone3
	return () if $name eq 'write' && ($text !~ m{^write\(\d+</(proc|sys)/} || $text =~ $of_others);
	return () if $name eq 'bpf' && $text =~ /BPF_PROG_QUERY/;
	return () if $name eq 'prctl' && $text =~ /PR_SET_NAME|PR_GET|PR_CAPBSET_READ/;
	return () if $name eq 'prlimit64' && $text =~ /^prlimit64\(\d+, \w+, NULL/;
	return ([$name, $text]);
}

# Of each process its calls up to its program, minirun's all: [number of the line, name, text, process that it made].
sub read_processes
{
	my (%begun, %processes, %become, @killed, $first);
	open my $file, '<', $trace or die "$trace: $!\n";
	while (my $line = <$file>) {
		my ($pid, $text) = $line =~ /^(\d+) +(.*)$/ or next;
		my $number = $.;
		$first //= $pid;
		if ($text =~ /^(.*?) *<unfinished \.\.\.>$/) {
			$begun{$pid} = [$number, $1];
			next;
		}
		($number, $text) = ($begun{$pid}[0], $begun{$pid}[1] . $1) if $text =~ /^<\.\.\. \w+ resumed>(.*)$/;
		push @killed, $pid if $text =~ /^\+\+\+ killed by SIGKILL/;
		my ($name) = $text =~ /^(\w+)\(/ or next;
		next if $text =~ / = -1 E/ || $text =~ / = \?( ERESTART.*)?$/; # the latter the kernel does again
		my $child = $name !~ /^(clone3?|v?fork)$/ ? undef : $text =~ m{ = \d+ /\* (\d+) in} ? $1 : $text =~ / = (\d+)(<.*>)?$/ ? $1 : undef;
		push @{$processes{$pid}}, [$number, $name, $text, $child] unless $become{$pid};
		$become{$pid} = 1 if $name =~ /^execve/ && $pid != $first;
	}
	# How far what only waits to be killed has come, is chance: it holds a user namespace for an id mapping.
	delete @processes{@killed};
	return ($first, \%processes);
}

# What a process has called, with what the processes that it makes for a moment call, each behind its making: a hook, a helper. Those of @$apart are not among them.
sub with_helpers
{
	my ($processes, $pid, $apart) = @_;
	my @calls;
	for my $call (@{$processes->{$pid} // []}) {
		push @calls, $call;
		push @calls, with_helpers($processes, $call->[3], $apart) if defined $call->[3] && !grep { $_ == $call->[3] } @$apart;
	}
	return @calls;
}

sub first_of
{
	my ($test, @calls) = @_;
	for my $i (0 .. $#calls) {
		return $i if $test->($calls[$i]);
	}
	return undef;
}

# With --init: the child waits until the process that made it is the reaper, and is init from then on.
sub init_calls
{
	my ($processes, $init) = @_;
	my @calls = with_helpers($processes, $init, [map { $_->[3] // () } @{$processes->{$init}}]);
	my $reaped = first_of(sub { $_[0][2] =~ /^execveat\(.*minirun-init/ }, @calls);
	return with_helpers($processes, $init, []) unless defined $reaped;
	my $made = (grep { $calls[$_][3] } 0 .. $reaped)[-1];
	my @child = with_helpers($processes, $calls[$made][3], []);
	my $waited = first_of(sub { $_[0][2] =~ /^read\(\d+<pipe:/ }, @child) // die "$trace: the program does not wait for the reaper\n";
	my %hooks = map { $calls[$_][3] ? ($calls[$_][3] => 1) : () } 0 .. $made - 1;
	my @before = map { ($_, $_->[3] && $hooks{$_->[3]} ? with_helpers($processes, $_->[3], []) : ()) } @calls[0 .. $made];
	return (@before, @child[0 .. $waited], @calls[$made + 1 .. $#calls], @child[$waited + 1 .. $#child]);
}

sub read_trace
{
	my ($parent, $processes) = read_processes();
	my ($init) = grep { grep { $_->[1] eq 'setsid' } @{$processes->{$_} // []} }
		map { $_->[3] } sort { $a->[0] <=> $b->[0] } grep { $_->[3] && $_->[2] =~ /CLONE_PIDFD/ } map { @$_ } values %$processes;
	die "$trace: no first process\n" unless defined $init;
	my @init = init_calls($processes, $init);
	die "$trace: the first process never became the program\n" unless @init && $init[-1][1] eq 'execve';
	my @parent = with_helpers($processes, $parent, [$init]);
	return (parent => compared_of(steps_of_parent($init[-1][0], $init, @parent)), init => compared_of(@init));
}

# From the first step on; behind the start of the program the hooks only, until its end is seen.
sub steps_of_parent
{
	my ($end, $init, @calls) = @_;
	my @result = @calls[1 .. $#calls]; # its own execve
	shift @result while @result && !grep { $_->[0] eq 'mkdir' } calls_of_line(@{$result[0]}[1, 2]);
	my $over = first_of(sub { $_[0][1] eq 'waitid' && $_[0][0] > $end && $_[0][2] =~ /si_pid=$init\b/ }, @result);
	splice @result, $over if defined $over;
	my $hook = first_of(sub { $_[0][3] && $_[0][0] > $end }, @result);
	return ((grep { $_->[0] <= $end } @result), defined $hook ? @result[$hook .. $#result] : ());
}

sub compared_of
{
	return one_configuration(map { my $number = $_->[0]; map { [$number, @$_] } calls_of_line(@$_[1, 2]) } @_);
}

# The parameters of one file system are one call to explain.
sub one_configuration
{
	my @result;
	for my $call (grep { $compared{$_->[1]} } @_) {
		if ($call->[1] eq 'fsconfig' && @result && $result[-1][1] eq 'fsconfig') {
			$result[-1][2] .= "\n$call->[2]";
		} else {
			push @result, $call;
		}
	}
	return \@result;
}

# ---- what explain says: {name, words, optional, repeated, text} ----

sub items
{
	my ($text) = @_;
	my (@items, $depth, $quoted, $item) = ();
	($depth, $quoted, $item) = (0, 0, '');
	while ($text =~ /\G(\\.|.)/gs) {
		my $c = $1;
		$quoted = !$quoted if $c eq '"';
		$depth++ if !$quoted && $c =~ /[({\[]/;
		$depth-- if !$quoted && $c =~ /[)}\]]/;
		if (!$quoted && $depth == 0 && $c eq ';') {
			push @items, $item;
			$item = '';
		} else {
			$item .= $c;
		}
	}
	return grep { s/^ +//; length } @items, $item;
}

sub said_of
{
	my ($text) = @_;
	my %said = (text => $text, words => []);
	$said{optional} = $text =~ s/^if [^:]*: //;
	$said{repeated} = $text =~ /\) for each/;
	$text =~ s/^[^":(]*: (?=RTM_)//;
	$text =~ s/^in (the [a-z', ]+|minirun|init): //; # what a process that the step makes calls follows its making
	my ($name) = $text =~ /^([a-z_0-9]+)\(/ ? $1 : $text =~ /^(RTM_\w+)/ ? $1 : return;
	return unless $compared{$name};
	return if $name eq 'write' && ($text !~ m{<proc>|"/proc/|"/sys/} || $text =~ $of_others);
	$text =~ s{"/proc/self/}{"/proc/<pid>/}; # as strace has it
	$text =~ s/\{[^}]*\}//g if $name =~ /^RTM_/; # what is nested there, strace shows as bytes
	my $bare = $text =~ s/"(?:\\.|[^"\\])*"//gr =~ s/\) for each.*//r;
	push @{$said{words}}, grep { /[^ ]/ } map { split /<[^>]*>|\.\.\./ } $text =~ /"((?:\\.|[^"\\])*)"/g if $name !~ /^RTM_/;
	push @{$said{words}}, grep { length } map { split /=|<[^>]*>/, $_ } split /, */, $1 if $name eq 'fsconfig' && $text =~ /^fsconfig\((.*)\)$/;
	push @{$said{words}}, grep { !/^(RESOLVE_|RTM_|O_)/ } $bare =~ /\b([A-Z][A-Z0-9]*_[A-Z0-9_]+)\b/g;
	return {%said, name => $name};
}

sub is_said
{
	my ($said, $call) = @_;
	return 0 unless $call && $call->[1] eq $said->{name};
	return 1 unless defined $call->[2];
	return !grep { index($call->[2], $_) < 0 } @{$said->{words}};
}

my %calls = read_trace();
my %next = (parent => 0, init => 0);
my $compared = 0;
my $failed = 0;

sub differs
{
	my ($actor, $what) = @_;
	my $call = $calls{$actor}[$next{$actor}];
	printf "%s: %s\n  the trace has: %s\n", $actor, $what, $call ? "line $call->[0]: $call->[1] " . substr($call->[2] // '', 0, 300) : 'nothing more';
	exit 1;
}

open my $file, '<', $steps or die "$steps: $!\n";
while (my $line = <$file>) {
	chomp $line;
	my ($number, $actor, $name, $text) = split /\t/, $line;
	$text =~ s/\\\\/\\/g;
	for my $said (map { said_of($_) } items($text)) {
		my $first = $next{$actor};
		$next{$actor}++ while is_said($said, $calls{$actor}[$next{$actor}]) && ($said->{repeated} || $next{$actor} == $first);
		differs($actor, "step $number ($name): $said->{text} [" . join(' ', @{$said->{words}}) . ']') if $next{$actor} == $first && !$said->{optional};
		$compared += $next{$actor} - $first;
	}
}
for my $actor ('parent', 'init') {
	differs($actor, 'explain says nothing of') if $next{$actor} < @{$calls{$actor}};
}
print "$compared\n";
