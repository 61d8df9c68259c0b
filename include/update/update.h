/* The C interface: what an agent written in any language loads to become updatable (library `libupdate_c`).
 *
 * Strings are UTF-8 and end with NUL. Those that a function returns as `char*` belong to the caller, who
 * gives them back with `update_free`; those passed in are copied. A function that fails returns its reaction
 * code and leaves a text for people in `update_last_error`. Nothing is thrown and nothing ends the process.
 * Everything but `update_run_as_helper`, `update_resume` and `update_run_watchdog` returns without waiting
 * for an update and may be called from any thread. The meaning of each call is that of its twin in
 * <update/updater.hpp>. */
#ifndef UPDATE_UPDATE_H
#define UPDATE_UPDATE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(UPDATE_API)
/* The build of the library says how it exports. */
#elif defined(__GNUC__) || defined(__clang__)
#define UPDATE_API __attribute__((visibility("default")))
#else
#define UPDATE_API
#endif

/* How the caller may react. The numbers are stable. */
typedef enum update_result {
    UPDATE_OK = 0,
    UPDATE_RETRY_LATER = 1, /* passing trouble: the same call may succeed later */
    UPDATE_NOT_FOUND = 2,   /* the thing asked for does not exist */
    UPDATE_CORRUPT = 3,     /* the text or file is not what it should be */
    UPDATE_REFUSED = 4,     /* a rule forbids it: do not repeat, show the reason */
    UPDATE_NO_SPACE = 5,    /* a volume is full */
    UPDATE_PERMISSION = 6,  /* this account may not do it */
    UPDATE_UNSUPPORTED = 7, /* this machine cannot do it */
    UPDATE_CANCELLED = 8,
    UPDATE_TIMED_OUT = 9, /* the effect may or may not have happened: look before repeating */
    UPDATE_BUG = 10,      /* libupdate or its caller is wrong (a null pointer, say): report it */
} update_result;

/* Why the last call on this thread failed. Never null; valid until the next call on this thread. */
UPDATE_API const char* update_last_error(void);
UPDATE_API void update_free(char* text);

/* The agent's side. One per process. */
typedef struct update_updater update_updater;

/* Called on the updater's own threads, one at a time per hook; must not block and must not close the updater.
 * A hook may be null. Set `size` to sizeof(update_hooks): later versions append. */
typedef struct update_hooks {
    size_t size;
    void* context; /* handed to each hook as it is */
    /* End the process with this code soon (within seconds). */
    void (*leave)(void* context, int exit_code);
    void (*progress)(void* context, const char* update_id, const char* state, uint64_t bytes, uint64_t total);
    void (*outcome_filed)(void* context); /* update_outcomes has a new entry */
    void (*log)(void* context, const char* line);
} update_hooks;

/* First in main. A program that was started as update helper does that job here.
 * *exit_code: the code to end the process with at once, or -1 to go on as usual. */
UPDATE_API update_result update_run_as_helper(const char* settings_file, int argc, const char* const* argv,
                                              int* exit_code);

/* `version` must be compiled in; `build_id` is unique per process start and may be null. */
UPDATE_API update_result update_open(const char* settings_file, const char* version, const char* build_id,
                                     const update_hooks* hooks, update_updater** updater);
/* Ends the updater's threads. Null is allowed. */
UPDATE_API void update_close(update_updater* updater);

/* Before anything that can crash: finishes or undoes what an earlier run left.
 * *exit_code: the code to end the process with at once, or -1 to go on as usual. */
UPDATE_API update_result update_resume(update_updater* updater, int* exit_code);
UPDATE_API update_result update_ready(update_updater* updater);
UPDATE_API update_result update_session(update_updater* updater, int connected);
/* `update_confirmed`: the update id that the server has completed, or null. */
UPDATE_API update_result update_authenticated(update_updater* updater, int server_confirms,
                                              const char* update_confirmed);
/* Begins an update in the background: the signed release that is selected. `selection_json`:
 * {"update_id": …, "product": …, "channel": …, "version": …}; channel and version may be absent. */
UPDATE_API update_result update_offer(update_updater* updater, const char* selection_json);
/* Refused when the update has proved itself, or is on its way back already; the outcome tells how it ended.
 */
UPDATE_API update_result update_cancel(update_updater* updater, const char* update_id);

/* {"<install path>": "<SHA-256 in hex>", …} of the configured programs as they are installed. */
UPDATE_API update_result update_installed(const update_updater* updater, char** json);
/* Id of the update whose trial this process is; an empty text otherwise. */
UPDATE_API update_result update_open_update(const update_updater* updater, char** update_id);
/* A JSON array of the ends that the server has not confirmed yet, oldest first. */
UPDATE_API update_result update_outcomes(const update_updater* updater, char** json);
UPDATE_API update_result update_outcome_delivered(update_updater* updater, const char* update_id);

/* The watchdog's side. Runs until SIGTERM or SIGINT, then stops the programs and returns.
 * `argv` is the process's own: the watchdog renews itself by executing it again, and does a guardian's job
 * when it says so. `log` may be null. *exit_code: the code to end the process with. */
UPDATE_API update_result update_run_watchdog(const char* settings_file, const char* version, int argc,
                                             const char* const* argv,
                                             void (*log)(void* context, const char* line), void* context,
                                             int* exit_code);

#ifdef __cplusplus
}
#endif
#endif
