/* The minimal agent in C: minimal-agent-c CONFIGURATION [SELECTION]. It offers itself the release that the
 * file selects at each start. */
#include <stdio.h>
#include <string.h>
#include <threads.h>

#include <update/update.h>

static mtx_t mutex;
static cnd_t changed;
static int end = -1;

static void leave(void* context, int exit_code) {
    (void)context;
    mtx_lock(&mutex);
    end = exit_code;
    cnd_signal(&changed);
    mtx_unlock(&mutex);
}

static void print(void* context, const char* line) { fprintf(stderr, "%s: %s\n", (const char*)context, line); }

static int fail(int code) { return fprintf(stderr, "minimal-agent-c: %s\n", update_last_error()), code; }

int main(int argc, char** argv) {
    if (argc > 1 && strcmp(argv[1], "--self-test") == 0) return puts(VERSION) < 0;
    const char* settings = argc > 1 ? argv[1] : "update.toml";
    int code;
    if (update_run_as_helper(settings, argc, (const char* const*)argv, &code) != UPDATE_OK) return fail(2);
    if (code >= 0) return code;

    mtx_init(&mutex, mtx_plain);
    cnd_init(&changed);
    update_hooks hooks = {.size = sizeof hooks, .context = VERSION, .leave = leave, .log = print};
    update_updater* updater;
    if (update_open(settings, VERSION, NULL, &hooks, &updater) != UPDATE_OK) return fail(1);
    if (update_resume(updater, &code) != UPDATE_OK) return fail(1);
    if (code >= 0) return code;
    update_ready(updater); /* here begins the program's own work */

    char selection[65536] = "";
    FILE* file = argc > 2 ? fopen(argv[2], "rb") : NULL;
    if (file != NULL && fread(selection, 1, sizeof selection - 1, file) > 0 &&
        update_offer(updater, selection) != UPDATE_OK)
        fail(0);
    if (file != NULL) fclose(file);
    mtx_lock(&mutex);
    while (end < 0) cnd_wait(&changed, &mutex);
    mtx_unlock(&mutex);
    update_close(updater);
    return end;
}
