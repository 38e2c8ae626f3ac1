// jitter_svg.c: see jitter_svg.h.
#include "cmd/jitter_svg.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "cmd/svg.h"

#include <fcntl.h>

enum {
	BAR = 28, GAP = 4,          // widths
	LEFT = 56, RIGHT = 20,      // margins of a panel
	PLOT = 150, PANEL = 230,    // heights
	HEAD = 44,
	DECADES = 11,               // the scale ends at 10^11 readings, more than a day's on one CPU
	WIDTH = LEFT + JITTER_BUCKETS * (BAR + GAP) + RIGHT,
};

// The decimal logarithm of a count, 1 being drawn as half a decade so that it can be seen; linear between powers of ten, which no eye tells apart.
static double height_of(uint64_t count)
{
	double height = 0.5;

	if (count == 0)
		return 0;
	for (; count >= 10; count /= 10)
		height++;
	height += (double)(count - 1) / 10;
	return height * PLOT / (DECADES + 1);
}

static void label_bucket(FILE *file, int bucket, int x, int y)
{
	uint64_t from, to;

	jitter_bucket(bucket, &from, &to);
	fprintf(file, "<text x=\"%d\" y=\"%d\" class=\"tick\" text-anchor=\"middle\">", x, y);
	if (bucket == 0)
		fputs("&lt;1", file);
	else if (from < 1000)
		fprintf(file, "%llu", (unsigned long long)from);
	else
		fprintf(file, "%llum", (unsigned long long)(from / 1000));
	fputs("</text>\n", file);
}

static void put_scale(FILE *file, int bottom)
{
	for (int decade = 0; decade <= DECADES; decade += 3) {
		int y = bottom - (int)((decade + 0.5) * PLOT / (DECADES + 1));

		fprintf(file, "<line x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\" class=\"grid\"/>\n", LEFT, WIDTH - RIGHT, y, y);
		fprintf(file, "<text x=\"%d\" y=\"%d\" class=\"tick\" text-anchor=\"end\">%s</text>\n", LEFT - 6, y + 4, decade == 0 ? "1" : decade == 3 ? "1e3" : decade == 6 ? "1e6" : "1e9");
	}
}

static void put_panel(FILE *file, const struct jitter_cpu *cpu, int top, uint64_t limit_us)
{
	int bottom = top + 30 + PLOT;

	fprintf(file, "<text x=\"%d\" y=\"%d\" class=\"head\">CPU %u: longest gap %.1f us, %llu above %llu us, forced off %llu times</text>\n", LEFT, top + 16, cpu->cpu, (double)cpu->longest_ns / 1e3,
		(unsigned long long)cpu->above_limit, (unsigned long long)limit_us, (unsigned long long)cpu->forced);
	put_scale(file, bottom);
	for (int i = 0; i < JITTER_BUCKETS; i++) {
		int x = LEFT + GAP + i * (BAR + GAP);
		double height = height_of(cpu->buckets[i]);
		uint64_t from, to;

		jitter_bucket(i, &from, &to);
		if (cpu->buckets[i] > 0)
			fprintf(file, "<rect x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" class=\"%s\"><title>%llu</title></rect>\n", x, bottom - height, BAR, height, from >= limit_us ? "late" : "bar",
				(unsigned long long)cpu->buckets[i]);
		label_bucket(file, i, x + BAR / 2, bottom + 14);
		if (limit_us >= from && (to == 0 || limit_us < to)) {
			double part = from == 0 ? (double)limit_us : (double)(limit_us - from) / (double)(to == 0 ? from : to - from);

			fprintf(file, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" class=\"limit\"/>\n", x + part * BAR, x + part * BAR, bottom - PLOT, bottom);
		}
	}
	fprintf(file, "<line x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\" class=\"axis\"/>\n", LEFT, WIDTH - RIGHT, bottom, bottom);
	fprintf(file, "<text x=\"%d\" y=\"%d\" class=\"tick\" text-anchor=\"end\">gap from, us (m: ms)</text>\n", WIDTH - RIGHT, bottom + 30);
}

static void put_drawing(FILE *file, const char *title, const struct jitter_cpu *cpus, size_t count, uint64_t limit_us)
{
	int height = HEAD + (int)count * PANEL;

	fprintf(file, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\">\n", WIDTH, height, WIDTH, height);
	fputs("<style>.bar{fill:#3b6ea5}.late{fill:#c8553d}.grid{stroke:#ddd}.axis{stroke:#333}.limit{stroke:#c8553d;stroke-dasharray:4 3}"
	      ".tick{font-size:10px;fill:#555}.head{font-size:13px;fill:#222}.title{font-size:15px;font-weight:bold;fill:#222}</style>\n"
	      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n", file);
	fprintf(file, "<text x=\"%d\" y=\"26\" class=\"title\">", LEFT);
	svg_text(file, title);
	fputs("</text>\n", file);
	for (size_t i = 0; i < count; i++)
		put_panel(file, &cpus[i], HEAD + (int)i * PANEL, limit_us);
	fputs("</svg>\n", file);
}

int jitter_svg_try(const char *path, struct error *err)
{
	return try_file_atomic_at(AT_FDCWD, path) < 0 ? error_errno(err, errno, "cannot write %s", path) : 0;
}

int jitter_svg_write(const char *path, const char *title, const struct jitter_cpu *cpus, size_t count, uint64_t limit_us, struct error *err)
{
	AUTO_FREE char *text = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&text, &length);

	if (file == NULL)
		return error_errno(err, errno, "cannot draw %s", path);
	put_drawing(file, title, cpus, count, limit_us);
	if (fclose(file) != 0)
		return error_errno(err, errno, "cannot draw %s", path);
	if (write_file_atomic_at(AT_FDCWD, path, text, length, 0644) < 0)
		return error_errno(err, errno, "cannot write %s", path);
	return 0;
}
