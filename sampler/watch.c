#include "watch.h"

#include <linux/perf_event.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* From one look to the next: when a CPU would be stuck, but within these. Each look costs 15 us
 * here, nearly all of it for waking up; and a cache line a CPU that the CPU writes, so on large
 * machines it is less often. */
#define LEAST_NS       1000000ULL
#define LEAST_LARGE_NS 2000000ULL
#define MOST_NS	       2000000ULL
#define LARGE_CPUS     32U
#define NS_S	       1000000000ULL

struct watch {
	struct watch_cfg cfg;
	struct stuck *stuck;
	struct observe *observe;
	struct stream *stream; /* into the queue */
	struct ring_peek *peeks;
	uint32_t *cpus; /* what observe borrows */
	pthread_t thread;
	bool runs;
	atomic_bool stop;
	int wake;		/* an eventfd */
	atomic_bool *stuck_now; /* one a CPU */
	pthread_mutex_t lock;	/* of what follows */
	uint8_t *queue, *spare;
	size_t len;
	uint64_t no_room;
};

/* The watch's own stream puts its facts here. */
static int queue_put(void *self, const struct sp_record *r, struct sp_err *err)
{
	struct watch *w = self;

	(void)err;
	pthread_mutex_lock(&w->lock);
	if (w->len + r->size <= WATCH_QUEUE) {
		memcpy(w->queue + w->len, r->data, r->size);
		w->len += r->size;
	} else {
		w->no_room++;
	}
	pthread_mutex_unlock(&w->lock);
	return SP_OK;
}

/* The recorder's loop may be kept from its CPU while it holds the lock: it inherits our priority.
 */
static void make_lock(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	if (pthread_mutex_init(lock, &attr))
		pthread_mutex_init(lock, NULL);
	pthread_mutexattr_destroy(&attr);
}

int watch_new(struct watch **ret, const struct watch_cfg *cfg, struct sp_err *err)
{
	sp_auto(watch) w = calloc(1, sizeof(*w));
	uint32_t n = cfg->to;
	int rc;

	if (!w)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the stuck watch");
	w->cfg = *cfg;
	make_lock(&w->lock);
	w->queue = malloc(WATCH_QUEUE);
	w->spare = malloc(WATCH_QUEUE);
	w->peeks = calloc(n, sizeof(*w->peeks));
	w->cpus = calloc(n, sizeof(*w->cpus));
	w->stuck_now = calloc(n, sizeof(*w->stuck_now));
	w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!w->queue || !w->spare || !w->peeks || !w->cpus || !w->stuck_now)
		return sp_fail(err, SP_ENOMEM, SP_NOWHERE, "no memory for the stuck watch");
	for (uint32_t i = 0; i < n; i++)
		w->cpus[i] = cfg->events->cpus[i].cpu;
	rc = stuck_new(&w->stuck, n, cfg->silent_ns, err);
	rc = rc ? rc : observe_new(&w->observe, w->cpus, n, err);
	rc = rc ? rc : stream_new(&w->stream, (struct sp_record_sink){ queue_put, w }, err);
	if (!rc)
		*ret = sp_take(w);
	return rc;
}

void watch_stop(struct watch *w)
{
	if (!w->runs)
		return;
	atomic_store(&w->stop, true);
	pthread_join(w->thread, NULL);
	w->runs = false;
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	watch_stop(w);
	pthread_mutex_destroy(&w->lock);
	stream_free(w->stream);
	observe_free(w->observe);
	stuck_free(w->stuck);
	free(w->queue);
	free(w->spare);
	free(w->peeks);
	free(w->cpus);
	free(w->stuck_now);
	if (w->wake > 0)
		close(w->wake);
	free(w);
}

/* When the ring has moved at last: the time in its last record that has one, else now. */
static uint64_t look_at_records(struct watch *w, uint32_t i, uint64_t now_ns)
{
	const struct ring *ring = &w->cfg.events->cpus[i].ring;
	uint8_t rec[RING_PEEK_BYTES] = { 0 };
	struct perf_event_header header;
	uint64_t id, time = 0;
	uint16_t size;

	while (ring_peek_next(ring, &w->peeks[i], rec, &size)) {
		stuck_record(w->stuck, i, &w->cfg.ids, rec, size);
		memcpy(&header, rec, sizeof(header));
		memcpy(&id, rec + 8, sizeof(id));
		if (header.type != PERF_RECORD_SAMPLE || size < 40)
			continue;
		/* IDENTIFIER IP TID TIME, of tracepoints IDENTIFIER TIME */
		memcpy(&time, rec + (id == w->cfg.ids.sampler[i] ? 32 : 16), sizeof(time));
	}
	return time && time <= now_ns && now_ns - time < MOST_NS ? time : now_ns;
}

int watch_look(struct watch *w, uint64_t now_ns, struct sp_err *err)
{
	int rc = SP_OK;

	for (uint32_t i = w->cfg.from; !rc && i < w->cfg.to; i++) {
		bool was = atomic_load(&w->stuck_now[i]), is;

		if (ring_peek_look(&w->cfg.events->cpus[i].ring, &w->peeks[i]))
			stuck_moved(w->stuck, i, look_at_records(w, i, now_ns));
		is = stuck_is(w->stuck, i, now_ns);
		if (is != was)
			atomic_store(&w->stuck_now[i], is);
		rc = stuck_look(w->stuck, i, w->cpus[i], now_ns, STUCK_LIKELY, w->observe,
				w->stream, err);
		/* A flood is to be drained, and thinned, as soon as it begins. */
		if ((is && !was) || ring_filled(&w->cfg.events->cpus[i].ring) >= WATCH_FILLED)
			eventfd_write(w->wake, 1);
	}
	return rc;
}

bool watch_stuck(const struct watch *w, uint32_t i)
{
	return i >= w->cfg.from && i < w->cfg.to && atomic_load(&w->stuck_now[i]);
}

int watch_fd(const struct watch *w)
{
	return w->wake;
}

static uint64_t next_look(const struct watch *w, uint64_t now)
{
	uint64_t least = w->cfg.to - w->cfg.from > LARGE_CPUS ? LEAST_LARGE_NS : LEAST_NS;
	uint64_t next = now + MOST_NS;

	for (uint32_t i = w->cfg.from; i < w->cfg.to; i++) {
		uint64_t due = stuck_due(w->stuck, i);

		next = due < next ? due : next;
	}
	return next < now + least ? now + least : next;
}

static void *look_on(void *self)
{
	struct watch *w = self;

	/* Of this thread alone; without effect where it is real-time. Best effort. */
	if (w->cfg.realtime && setpriority(PRIO_PROCESS, 0, -20))
		setpriority(PRIO_PROCESS, 0, -10);
	while (!atomic_load(&w->stop)) {
		struct sp_err err = SP_ERR_INIT;
		uint64_t now = stream_now(), next;
		struct timespec at;

		watch_look(w, now, &err); /* fails only for memory that is there */
		next = next_look(w, now);
		at.tv_sec = (time_t)(next / NS_S);
		at.tv_nsec = (long)(next % NS_S);
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
	}
	return NULL;
}

/* Whether sirqprof itself was made real-time, as by chrt(1): its threads would be it too. */
static bool is_realtime(void)
{
	int policy = sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;

	return policy == SCHED_FIFO || policy == SCHED_RR;
}

static bool make_thread(struct watch *w, bool realtime, bool pinned)
{
	struct sched_param lowest = { .sched_priority = sched_get_priority_min(SCHED_FIFO) };
	struct sched_param none = { 0 };
	pthread_attr_t attr;
	bool made;

	pthread_attr_init(&attr);
	if (!realtime && is_realtime()) {
		pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
		pthread_attr_setschedpolicy(&attr, SCHED_OTHER);
		pthread_attr_setschedparam(&attr, &none);
	}
	if (realtime) {
		pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
		pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
		pthread_attr_setschedparam(&attr, &lowest);
	}
	/* pthread_create() fails where the kernel refuses these CPUs: none of them is online, or a
	 * cpuset keeps us from them. */
	made = !(pinned && pthread_attr_setaffinity_np(&attr, sizeof(w->cfg.on), w->cfg.on.set)) &&
	       !pthread_create(&w->thread, &attr, look_on, w);
	pthread_attr_destroy(&attr);
	return made;
}

/* Real time first: on a busy host, and below cgroups that share the CPU, nice values are no help.
 */
static enum watch_class make_best_thread(struct watch *w)
{
	bool pinned = CPU_COUNT_S(sizeof(w->cfg.on), w->cfg.on.set) > 0;

	if (w->cfg.realtime && make_thread(w, true, pinned))
		return WATCH_REALTIME;
	if (make_thread(w, false, pinned) || (pinned && make_thread(w, false, false)))
		return WATCH_SHARED;
	return WATCH_NONE;
}

enum watch_class watch_start(struct watch *w)
{
	enum watch_class class;
	sigset_t all, old;

	/* Signals are the main thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	class = make_best_thread(w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	w->runs = class != WATCH_NONE;
	return class;
}

int watch_take(struct watch *w, struct stream *s, struct sp_err *err)
{
	uint64_t no_room;
	uint8_t *full;
	eventfd_t told;
	size_t len;
	int rc = SP_OK;

	eventfd_read(w->wake, &told);
	pthread_mutex_lock(&w->lock);
	full = w->queue;
	len = w->len;
	no_room = w->no_room;
	w->queue = w->spare;
	w->len = 0;
	w->no_room = 0;
	pthread_mutex_unlock(&w->lock);
	w->spare = full;
	for (size_t at = 0; !rc && at < len;) {
		struct perf_event_header header;

		memcpy(&header, full + at, sizeof(header));
		rc = stream_record(s, full + at, header.size, err);
		at += header.size;
	}
	if (!rc && no_room)
		rc = fact_quality(s, SP_Q_LIMIT, UINT32_MAX, no_room, "facts of stuck tasks", err);
	return rc;
}
