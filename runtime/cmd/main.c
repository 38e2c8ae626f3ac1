// main.c: the program's entry; everything else is in the library, which tests link too.
#include "cmd/command.h"

int main(int argc, char **argv)
{
	return minirun_main(argc, argv, NULL);
}
