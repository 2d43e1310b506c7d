/* The threads of compiled code. They do two things that Halide's own do not: for a moment after a loop they look out
   for the next one instead of sleeping, since waking a thread takes as long as a small convolution; and they count
   subnormal numbers as zeros, over which many processors take a hundred times longer.

   A fork copies one thread only, and workers that vanish in mid-work would leave their loop unfinished for ever in the
   child; therefore they are sent home first. All of that is C: no signal's handler in Python comes between. */

#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#if defined(__x86_64__)
typedef unsigned int control;
static control flush(void) {
    control before = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(before | 0x8040); /* flush to zero, denormals are zero */
    return before;
}
static void restore(control before) { __builtin_ia32_ldmxcsr(before); }
static void pause_a_little(void) { __builtin_ia32_pause(); }
#elif defined(__aarch64__)
typedef unsigned long control;
static control flush(void) {
    control before;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    __asm__ volatile("msr fpcr, %0" : : "r"(before | 1ul << 24));
    return before;
}
static void restore(control before) { __asm__ volatile("msr fpcr, %0" : : "r"(before)); }
static void pause_a_little(void) { __asm__ volatile("yield"); }
#else
typedef int control;
static control flush(void) { return 0; }
static void restore(control before) { (void)before; }
static void pause_a_little(void) {}
#endif

typedef int (*body)(void *context, int index, unsigned char *closure);

enum { CLOSED = 1 << 30 };

/* Tasks that threads share: whoever began takes from the beginning, the others from the end. What one loop writes is
   then mostly read by the same core in the next. */
typedef struct {
    int count;
    atomic_int taken, taken_at_end;
} tasks;

static void begin_tasks(tasks *all, int count) {
    all->count = count;
    atomic_store(&all->taken, 0);
    atomic_store(&all->taken_at_end, 0);
}

/* Take one that nobody has; -1 where there is none. A thread at the beginning counts those that it took. */
static int next_task(tasks *all, int at_end, int *mine) {
    if (atomic_fetch_add(&all->taken, 1) >= all->count)
        return -1;
    return at_end ? all->count - 1 - atomic_fetch_add(&all->taken_at_end, 1) : (*mine)++;
}

/* The loop that is running; one at a time. Others that begin meanwhile run in the thread that began them. */
static pthread_mutex_t owner = PTHREAD_MUTEX_INITIALIZER;
static body loop;
static void *loop_context;
static unsigned char *loop_closure;
static int loop_first;
static tasks loop_tasks;
static atomic_int first_error;

/* How many workers are in the loop; with CLOSED, none may come in. */
static atomic_int inside = CLOSED;

/* Workers sleep until the number of the loop changes. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static atomic_uint number;
static atomic_int sleeping, leaving;

static pthread_t *workers;
static int asked, wanted, started, spin_microseconds;

static void work(int is_worker) {
    for (int index, mine = 0; (index = next_task(&loop_tasks, is_worker, &mine)) >= 0;) {
        int error = loop(loop_context, loop_first + index, loop_closure);
        if (error) {
            atomic_store(&first_error, error);
            atomic_store(&loop_tasks.taken, loop_tasks.count);
        }
    }
}

static long microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000L + now.tv_nsec / 1000;
}

static void wait_for_change(unsigned seen) {
    if (spin_microseconds) {
        for (long start = microseconds(); microseconds() - start < spin_microseconds;)
            for (int i = 0; i < 16; i++) {
                if (atomic_load(&number) != seen)
                    return;
                pause_a_little();
            }
    }
    pthread_mutex_lock(&lock);
    atomic_fetch_add(&sleeping, 1);
    while (atomic_load(&number) == seen)
        pthread_cond_wait(&changed, &lock);
    atomic_fetch_sub(&sleeping, 1);
    pthread_mutex_unlock(&lock);
}

static void *worker(void *before) {
    unsigned seen = (unsigned)(size_t)before;
    flush();
    for (;;) {
        wait_for_change(seen);
        seen = atomic_load(&number);
        if (atomic_load(&leaving))
            return NULL;
        if (!(atomic_fetch_add(&inside, 1) & CLOSED))
            work(1);
        atomic_fetch_sub(&inside, 1);
    }
}

/* A system may put a thread that is woken on the core of the one that wakes it, where it waits until that one is done.
   So workers are kept off this core before they are woken. */
static void send_off(void) {
#ifdef __linux__
    cpu_set_t cores;
    int here = sched_getcpu();
    if (here < 0 || sched_getaffinity(0, sizeof cores, &cores) || !CPU_ISSET(here, &cores) || CPU_COUNT(&cores) < 2)
        return;
    CPU_CLR(here, &cores);
    for (int i = 0; i < started; i++)
        pthread_setaffinity_np(workers[i], sizeof cores, &cores);
#endif
}

/* Workers that leave may be gone before this comes to them, and for a thread that is gone the system takes the one that
   asks: so they are woken wherever they are. */
static void announce(void) {
    atomic_fetch_add(&number, 1);
    if (atomic_load(&sleeping)) {
        if (!atomic_load(&leaving))
            send_off();
        pthread_mutex_lock(&lock);
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
    }
}

static void start_workers(void) {
    if (!workers)
        workers = calloc((size_t)wanted, sizeof *workers);
    unsigned before = atomic_load(&number);
    while (workers && started < wanted && !pthread_create(&workers[started], NULL, worker, (void *)(size_t)before))
        started++;
    wanted = started; /* where the system gives no more, these have to do */
}

static int run_alone(void *context, body task, int first, int count, unsigned char *closure) {
    int error = 0;
    for (int i = 0; i < count && !error; i++)
        error = task(context, first + i, closure);
    return error;
}

static int run_shared(void *context, body task, int first, int count, unsigned char *closure) {
    if (started < wanted)
        start_workers();
    loop = task, loop_context = context, loop_closure = closure, loop_first = first;
    begin_tasks(&loop_tasks, count);
    atomic_store(&first_error, 0);
    atomic_fetch_and(&inside, ~CLOSED);
    announce();
    work(0);
    atomic_fetch_or(&inside, CLOSED);
    for (int i = 0; atomic_load(&inside) != CLOSED; i++)
        if (i < 10000)
            pause_a_little();
        else
            sched_yield();
    return atomic_load(&first_error);
}

/* Run a parallel loop; compiled code calls it. */
int halide_do_par_for(void *context, body task, int first, int count, unsigned char *closure) {
    control before = flush();
    int error;
    if (count > 1 && wanted && !pthread_mutex_trylock(&owner)) {
        error = run_shared(context, task, first, count, closure);
        pthread_mutex_unlock(&owner);
    } else {
        error = run_alone(context, task, first, count, closure);
    }
    restore(before);
    return error;
}

/* Calls of compiled functions in strips: those of a strip one after the other in one thread, strips side by side. A
   slot has all of them, with memory of its own; whoever is at it takes the next strip that nobody has. */
typedef struct {
    int (*enter)(void **arguments);
    void **arguments;
} call;

typedef struct {
    const call *calls;
    const int *bounds; /* the calls of strip i begin at bounds[i], in each slot */
    tasks waiting;
} strips;

static int run_slot(void *context, int slot, unsigned char *closure) {
    (void)context;
    strips *all = (strips *)closure;
    const call *calls = all->calls + (size_t)slot * (size_t)all->bounds[all->waiting.count];
    for (int strip, mine = 0; (strip = next_task(&all->waiting, slot > 0, &mine)) >= 0;)
        for (int i = all->bounds[strip]; i < all->bounds[strip + 1]; i++) {
            int error = calls[i].enter(calls[i].arguments);
            if (error)
                return error;
        }
    return 0;
}

int convolens_strips(const call *calls, const int *bounds, int count, int slots) {
    strips all = {calls, bounds, {count, 0, 0}};
    return halide_do_par_for(NULL, run_slot, 0, slots, (unsigned char *)&all);
}

/* Whoever calls this owns the loop, so that none is running. */
static void send_home(void) {
    atomic_store(&leaving, 1);
    announce();
    for (int i = 0; i < started; i++)
        pthread_join(workers[i], NULL);
    free(workers);
    workers = NULL;
    started = 0;
    wanted = asked;
    atomic_store(&leaving, 0);
}

/* Say how many workers there may be from now on; they come when there is work. With a spin of zero they sleep at once.
   This waits for the loop that is running. */
void convolens_workers(int count, int spin) {
    pthread_mutex_lock(&owner);
    if (count != asked || spin != spin_microseconds) {
        asked = count;
        send_home();
        spin_microseconds = spin;
    }
    pthread_mutex_unlock(&owner);
}

static void before_fork(void) {
    pthread_mutex_lock(&owner);
    send_home();
}

static void after_fork(void) { pthread_mutex_unlock(&owner); }

__attribute__((constructor)) static void prepare_for_forks(void) {
    pthread_atfork(before_fork, after_fork, after_fork);
}
