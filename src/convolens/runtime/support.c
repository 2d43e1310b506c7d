/* What compiled pipelines call beside their loops: memory, and words for what is wrong with their arguments. Halide
   brings all of this, too, but takes more than a second to compile it. */

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Memory is aligned for any vector, and in whole vectors. Before it stands what it takes. */
enum { ALIGNMENT = 128, KEPT = 8, LEAST = 1 << 16, MOST = 1 << 24 };

typedef struct {
    void *start;
    size_t room;
} block;

/* Large blocks that a thread freed and may want again: the system takes longer to hand out fresh pages than many loops
   take to fill them. At most KEPT of them and MOST bytes; the oldest goes first. */
typedef struct {
    block blocks[KEPT];
    int count;
    size_t bytes;
} blocks;

static _Thread_local blocks *kept;
static pthread_key_t at_exit;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static block pull(blocks *of, int i) {
    block found = of->blocks[i];
    of->bytes -= found.room;
    memmove(of->blocks + i, of->blocks + i + 1, (size_t)(--of->count - i) * sizeof(block));
    return found;
}

static void release_all(void *all) {
    for (blocks *of = all; of->count;)
        free(pull(of, 0).start);
    free(all);
    kept = NULL;
}

static void make_key(void) { pthread_key_create(&at_exit, release_all); }

/* A kept block of at least this room, but no more than twice that. */
static block take(size_t room) {
    for (int i = kept ? kept->count - 1 : -1; i >= 0; i--) {
        size_t had = kept->blocks[i].room;
        if (had >= room && had / 2 <= room)
            return pull(kept, i);
    }
    return (block){malloc(room), room};
}

void *halide_malloc(void *context, size_t size) {
    (void)context;
    size_t room = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT + ALIGNMENT;
    block taken = room < size ? (block){NULL, 0} : room < LEAST ? (block){malloc(room), room} : take(room);
    if (!taken.start)
        return NULL;
    block *memory = (block *)(((uintptr_t)taken.start + ALIGNMENT) / ALIGNMENT * ALIGNMENT);
    memory[-1] = taken;
    return memory;
}

void halide_free(void *context, void *memory) {
    (void)context;
    if (!memory)
        return;
    block freed = ((block *)memory)[-1];
    if (freed.room >= LEAST && freed.room <= MOST && !kept) {
        pthread_once(&once, make_key);
        kept = calloc(1, sizeof *kept);
        if (kept)
            pthread_setspecific(at_exit, kept);
    }
    if (freed.room < LEAST || freed.room > MOST || !kept) {
        free(freed.start);
        return;
    }
    while (kept->count == KEPT || kept->bytes + freed.room > MOST)
        free(pull(kept, 0).start);
    kept->blocks[kept->count++] = freed;
    kept->bytes += freed.room;
}

/* What went wrong last; of calls that fail at the same time, each may get the other's, or none. */
static _Atomic(char *) message;

static int refuse(void *context, const char *format, ...) {
    (void)context;
    enum { MOST_LETTERS = 512 };
    char *text = malloc(MOST_LETTERS);
    if (text) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(text, MOST_LETTERS, format, arguments);
        va_end(arguments);
        free(atomic_exchange(&message, text));
    }
    return -1;
}

/* Hand the message over, cut to the size of the room; an empty one where there is none. */
void convolens_message(char *room, size_t size) {
    char *text = atomic_exchange(&message, NULL);
    snprintf(room, size, "%s", text ? text : "");
    free(text);
}

/* Call compiled functions with their arguments, one after the other, until one fails. */
int convolens_run(int count, int (*const *functions)(void **), void **const *arguments) {
    int code = 0;
    for (int i = 0; i < count && !code; i++)
        code = functions[i](arguments[i]);
    return code;
}

typedef const char *name;
typedef long long whole;
typedef unsigned long long bytes;

/* Signatures are those of HalideRuntime.h. */
#define ERROR(error, parameters, ...) \
    int halide_error_##error parameters { return refuse(context, __VA_ARGS__); }

ERROR(out_of_memory, (void *context), "out of memory")
ERROR(requirement_failed, (void *context, name condition, name text), "%s does not hold: %s", condition, text)
ERROR(specialize_fail, (void *context, name text), "no specialisation holds: %s", text)

/* Arrays as a whole. */
ERROR(buffer_argument_is_null, (void *context, name array), "%s is missing", array)
ERROR(buffer_is_null, (void *context, name routine), "%s was given no array", routine)
ERROR(host_is_null, (void *context, name array), "%s has no memory", array)
ERROR(device_dirty_with_no_device_support, (void *context, name array), "%s lies in another device", array)
ERROR(unaligned_host_ptr, (void *context, name array, int to), "%s is not aligned to %d bytes", array, to)
ERROR(bad_type, (void *context, name array, uint32_t given, uint32_t wanted),
      "%s has elements of another type, %#x instead of %#x", array, given, wanted)
ERROR(bad_dimensions, (void *context, name array, int32_t given, int32_t wanted),
      "%s has %d dimensions instead of %d", array, given, wanted)
ERROR(buffer_allocation_too_large, (void *context, name array, uint64_t size, uint64_t most),
      "%s takes %llu bytes, more than %llu", array, (bytes)size, (bytes)most)
ERROR(buffer_extents_too_large, (void *context, name array, int64_t size, int64_t most),
      "%s has %lld elements, more than %lld", array, (whole)size, (whole)most)

/* Their axes. */
ERROR(buffer_extents_negative, (void *context, name array, int axis, int extent),
      "the extent of %s along axis %d is negative: %d", array, axis, extent)
ERROR(access_out_of_bounds, (void *context, name array, int axis, int from, int to, int least, int most),
      "%s is accessed from %d to %d along axis %d, out of its bounds %d to %d", array, from, to, axis, least, most)
ERROR(constraint_violated, (void *context, name what, int value, name wanted, int wanted_value),
      "%s is %d, but has to be %s, which is %d", what, value, wanted, wanted_value)
ERROR(constraints_make_required_region_smaller,
      (void *context, name array, int axis, int from, int to, int least, int most),
      "%s is needed from %d on for %d along axis %d, but may only be asked for from %d on for %d",
      array, least, most, axis, from, to)

/* Scalars and the schedule. */
#define ERROR_RANGE(suffix, type, as, letters)                                                         \
    ERROR(param_too_small_##suffix, (void *context, name scalar, type value, type least),              \
          "%s is " letters ", less than " letters, scalar, (as)value, (as)least)                       \
    ERROR(param_too_large_##suffix, (void *context, name scalar, type value, type most),               \
          "%s is " letters ", more than " letters, scalar, (as)value, (as)most)
ERROR_RANGE(i64, int64_t, whole, "%lld")
ERROR_RANGE(u64, uint64_t, bytes, "%llu")
ERROR_RANGE(f64, double, double, "%g")
ERROR(explicit_bounds_too_small, (void *context, name func, name axis, int from, int to, int least, int most),
      "%s is needed from %d to %d along %s, out of the bounds %d to %d set for it", func, least, most, axis, from, to)
ERROR(storage_bound_too_small, (void *context, name func, name axis, int provided, int required),
      "%s needs room for %d along %s, but has %d", func, required, axis, provided)
ERROR(split_factor_not_positive,
      (void *context, name func, name axis, name outer, name inner, name factor, int value),
      "%s splits %s into %s and %s by %s, which is %d", func, axis, outer, inner, factor, value)
ERROR(bad_fold, (void *context, name func, name axis, name loop), "%s cannot fold %s in %s", func, axis, loop)
ERROR(fold_factor_too_small, (void *context, name func, name axis, int factor, name loop, int required),
      "%s folds %s by %d in %s, but needs %d", func, axis, factor, loop, required)
