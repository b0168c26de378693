/*
 * task - one task from its check to its release: phases, stages, positions, errors.
 *
 * The supervisor's loop hands it messages, ended children and the time; nothing here blocks. A task
 * that fails says so once on standard error, ends its stages, and stays to be looked at or resumed.
 */
#pragma once

#include "store/status_json.h"
#include "supervisor/host.h"

#include <sys/types.h>

typedef struct Task Task;

/*
 * From a task file's text, or, with text empty, from the file itself. A task that the store knows
 * goes on where it was; a paused one stays paused. Error: it is not taken in at all.
 */
NODISCARD bool task_open(Task **out, Host *host, const char *path, Str text, Error *err);
void task_close(Task **task);

const char *task_name(const Task *task);
const char *task_state(const Task *task); /* as in status */

/* Nothing of it runs any more, and nothing will by itself: failed, finished. */
bool task_is_over(const Task *task);
bool task_has_failed(const Task *task);
/* Stopped for good by task_end(), or released: close it. */
bool task_is_gone(const Task *task);

/* True: it has moved on, and what follows from that waits for the next tick only. */
bool task_tick(Task *task, int64_t now_ms);

/* We were away ourselves: nobody is silent yet. */
void task_forgive_silence(Task *task, int64_t now_ms);

/* Descriptors to wait for; at most TASK_WAIT_ITEMS. */
enum { TASK_WAIT_ITEMS = 2 };
size_t task_wait_items(const Task *task, WaitItem *items);

/* True if the process was of this task. */
bool task_reaped(Task *task, pid_t pid, int wait_status, int64_t now_ms);

/* A stage asks to take part: true if it does; else `why` not, or not now. */
enum { TASK_WHY_MAX = 160 };
bool task_hello(Task *task, const char *peer, const Walferry__Control__Hello *hello, int64_t now_ms,
                char why[static TASK_WHY_MAX]);
/* Any other message; false if the sender is no stage of this task. */
bool task_hear(Task *task, const char *peer, const ControlMessage *message, int64_t now_ms);

/*
 * Commands; peer gets its Reply when it is done (or could not be), NULL: nobody. End: for the
 * supervisor's own end; at_once leaves out the draining.
 */
void task_pause(Task *task, const char *peer, int64_t now_ms);
void task_resume(Task *task, const char *peer);
void task_release(Task *task, const char *peer, int64_t now_ms);
void task_end(Task *task, bool at_once, int64_t now_ms);

/* Of a paused or failed task: a resume is better done by closing it and opening it again. */
bool task_wants_to_be_opened_anew(const Task *task);
const char *task_path(const Task *task);

/* What a supervisor knows besides the store; borrowed until the next call on this task. */
void task_live(Task *task, StatusLive *out);

/* The stages' counters as JSON, for `queue NAME stats`; free() it. */
char *task_queue_json(const Task *task);
