#include "wallguess.h"

#define NS_S	   INT64_C(1000000000)
#define LATEST_NS  (INT64_C(7258118400) * NS_S) /* 2200 */
#define SLACK_NS   NS_S				/* times of files come in up to a second */
#define LEAST_NS   (NS_S / 100)			/* better than that it is never called */
#define TAIL_NS	   (60 * NS_S) /* build ids are collected behind the last event: some seconds */
#define UNKNOWN_NS (86400 * NS_S)

bool wall_guess(int64_t made_ns, int64_t written_ns, uint64_t first_ns, uint64_t last_ns,
		struct wall_guess *ret)
{
	int64_t length, room;

	if (written_ns <= 0 || written_ns > LATEST_NS || made_ns < 0 || made_ns > LATEST_NS ||
	    last_ns < first_ns || last_ns - first_ns > (uint64_t)LATEST_NS)
		return false;
	length = (int64_t)(last_ns - first_ns);
	/* What is left for before and after. */
	room = written_ns - made_ns - length;
	if (made_ns && room >= -SLACK_NS) {
		room = room > 0 ? room : 0;
		*ret = (struct wall_guess){ written_ns - room / 2, (uint64_t)(room / 2 + LEAST_NS),
					    "when its file was made and written" };
	} else if (!made_ns || made_ns > written_ns + SLACK_NS) {
		*ret = (struct wall_guess){ written_ns - TAIL_NS / 2, (uint64_t)TAIL_NS / 2,
					    "when its file was written" };
	} else {
		*ret = (struct wall_guess){ written_ns - UNKNOWN_NS / 2, (uint64_t)UNKNOWN_NS / 2,
					    "the time of a copy" };
	}
	return true;
}
