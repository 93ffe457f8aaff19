// SPDX-License-Identifier: LGPL-2.1-only
/* infect PID: asks a running process for its working directory, from inside; and lets it write to our standard
 * output over a descriptor passed to it. Nothing of it is left in the process afterwards.
 *
 * The program forks: the child does the work, the parent is its guardian. Kill the child as you like. */
#include <compel/compel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "example-blob.h"
#include "compel/example/message.h"

static int ask(struct compel_process *process)
{
	struct compel_thread *thread = &process->threads[0];
	struct message message;
	uint64_t data;
	long length;

	if (compel_inject(process, &example_blob, sizeof(message) + (16 << 10), 0))
		return -1;
	data = compel_data_address(process);
	if (compel_call(thread, SAY_WHERE, 0, &length) || compel_read(process, data, &message, sizeof(message)))
		return -1;
	printf("pid %d works in %s\n", message.pid, message.text);
	fflush(stdout);

	if (compel_send_fd(process, STDOUT_FILENO, &message.fd))
		return -1;
	snprintf(message.text, sizeof(message.text), "pid %d greets by itself\n", message.pid);
	if (compel_write(process, data, &message, sizeof(message)) || compel_call(thread, WRITE_TEXT, 0, &length))
		return -1;
	return length == (long)strlen(message.text) ? 0 : -1;
}

static int infect(struct compel_ledger *ledger, pid_t pid)
{
	struct compel_process *process;
	int error;

	if (compel_seize_process(ledger, pid, 5, &process)) {
		fprintf(stderr, "infect: %s\n", compel_last_error());
		return 1;
	}
	error = ask(process);
	if (error)
		fprintf(stderr, "infect: %s\n", compel_last_error());
	if (compel_release_process(process, COMPEL_RESUME)) {
		fprintf(stderr, "infect: %s\n", compel_last_error());
		return 1;
	}
	return error ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct compel_ledger *ledger;
	pid_t worker;
	int status;

	if (argc != 2 || atoi(argv[1]) <= 0) {
		fprintf(stderr, "Usage: infect PID\n");
		return 2;
	}
	if (compel_ledger_new(1024, &ledger)) {
		fprintf(stderr, "infect: %s\n", compel_last_error());
		return 1;
	}
	worker = fork();
	if (!worker)
		_exit(infect(ledger, atoi(argv[1])));
	if (worker < 0 || waitpid(worker, &status, 0) != worker)
		return 1;
	if (WIFSIGNALED(status) && compel_ledger_repair(ledger) < 0)
		fprintf(stderr, "infect: repair: %s\n", compel_last_error());
	compel_ledger_free(ledger);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
