// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel notes of a message that was sent to a unix socket, and no call tells: credentials that nobody asks for
 * yet, and empty messages that an earlier look hides (struct unix_skb_parms in include/net/af_unix.h). It is read in the
 * memory of the kernel, which changes nothing; where that cannot be read the queue is taken as calls show it. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "criu/kernel/kernel-view.h"
#include "criu/objects/kinds.h"
#include "criu/objects/socket/queue-view.h"
#include "criu/objects/socket/socket.h"
#include "criu/objects/socket/unix-internal.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

/* --- who --- */

int unix_view_id(struct kernel_view *view, uint64_t address, const char *structure, const char *path,
		 uint32_t *ret_id)
{
	uint64_t value = 0;
	int ret = kernel_view_get(view, address, structure, path, &value);

	*ret_id = (uint32_t)value;
	return ret;
}

int unix_view_cred(struct kernel_view *view, uint64_t parameters, struct unix_view_sender *last,
		   struct unix_message *message)
{
	uint64_t pid = 0;
	int ret = kernel_view_get(view, parameters, "unix_skb_parms", "pid", &pid);

	if (ret < 0 || !pid)
		return ret;
	if (pid != last->pid)
		ret = kernel_view_pid(view, pid, &last->number);
	last->pid = ret == 0 ? pid : 0;
	message->cred.pid = (pid_t)last->number;
	message->has_cred = last->number != 0;
	if (ret == 0)
		ret = unix_view_id(view, parameters, "unix_skb_parms", "uid.val", &message->cred.uid);
	return ret < 0 ? ret : unix_view_id(view, parameters, "unix_skb_parms", "gid.val", &message->cred.gid);
}

int unix_view_name(struct dump *dump, struct kernel_view *view, uint64_t sock, const void **ret_name, size_t *ret_size)
{
	uint64_t address, length, at;
	void *name;
	int ret = kernel_view_get(view, sock, "unix_sock", "addr", &address);

	if (ret < 0 || !address)
		return ret;
	ret = kernel_view_get(view, address, "unix_address", "len", &length);
	if (ret == 0)
		ret = kernel_view_locate(view, address, "unix_address", "name", &at);
	if (ret < 0 || length <= sizeof(sa_family_t) || length > sizeof(sa_family_t) + UNIX_STORED_MAX)
		return ret;
	*ret_size = length - sizeof(sa_family_t);
	*ret_name = name = arena_alloc(&dump->arena, *ret_size);
	return kernel_view_read(view, at + sizeof(sa_family_t), name, *ret_size);
}

/* --- the queue --- */

/* An skb, with no data. */
struct sent {
	STAILQ_ENTRY(sent) link;
	struct unix_message message;
	bool has_rights;
};

struct queue {
	STAILQ_HEAD(, sent) sent;
	struct dump *dump;
	bool stream;
	struct unix_view_sender last;
};

/* Of a stream a part may have been read. */
static int read_length(struct kernel_view *view, uint64_t skb, uint64_t parameters, bool stream, uint32_t *ret_length)
{
	uint64_t length = 0, consumed = 0;
	int ret = kernel_view_get(view, skb, "sk_buff", "len", &length);

	if (ret == 0 && stream)
		ret = kernel_view_get(view, parameters, "unix_skb_parms", "consumed", &consumed);
	*ret_length = (uint32_t)(length - consumed);
	return ret == 0 && consumed > length ? -EBADMSG : ret;
}

/* What looks do not tell of an empty one. */
static int read_empty(struct queue *queue, struct kernel_view *view, uint64_t skb, uint64_t parameters,
		      struct sent *sent)
{
	uint64_t rights = 0, sock = 0;
	const void *name = NULL;
	size_t size = 0;
	int ret = kernel_view_get(view, parameters, "unix_skb_parms", "fp", &rights);

	if (ret == 0)
		ret = kernel_view_get(view, skb, "sk_buff", "sk", &sock);
	if (ret == 0 && sock)
		ret = unix_view_name(queue->dump, view, sock, &name, &size);
	sent->has_rights = rights != 0;
	sent->message.address = (void *)name;
	sent->message.address_size = (uint32_t)size;
	return ret;
}

static int read_sent(void *context, struct kernel_view *view, uint64_t skb)
{
	struct queue *queue = context;
	struct sent *sent = arena_new(&queue->dump->arena, struct sent);
	uint64_t parameters;
	int ret = kernel_view_locate(view, skb, "sk_buff", "cb", &parameters);

	if (ret == 0)
		ret = unix_view_cred(view, parameters, &queue->last, &sent->message);
	if (ret == 0)
		ret = read_length(view, skb, parameters, queue->stream, &sent->message.length);
	if (ret == 0 && !queue->stream && !sent->message.length)
		ret = read_empty(queue, view, skb, parameters, sent);
	if (!queue->stream || sent->message.length)
		STAILQ_INSERT_TAIL(&queue->sent, sent, link);
	return ret;
}

static int read_queue(struct queue *queue, const struct fd_info *fd)
{
	struct kernel_view *view;
	uint64_t sock, list, first;
	int ret = queue_view_open(queue->dump, &view);

	if (ret == 0)
		ret = queue_view_socket(view, fd, &sock);
	if (ret == 0)
		ret = kernel_view_locate(view, sock, "sock", "sk_receive_queue", &list);
	if (ret == 0)
		ret = kernel_view_get(view, list, "sk_buff_head", "next", &first);
	return ret < 0 ? ret : queue_view_walk(view, first, list, read_sent, queue);
}

/* --- messages --- */

static void take_cred(const struct sent *sent, struct unix_message *message)
{
	if (message->has_cred)
		return;
	message->has_cred = sent->message.has_cred;
	message->cred = sent->message.cred;
}

/* Which of several empty ones was seen does not matter, but for descriptors. */
static bool is_seen(const struct sent *sent, const struct unix_message *message)
{
	return message && message->length == sent->message.length &&
	       (message->length || (message->nr_fds != 0) == sent->has_rights);
}

/* Is each message in the queue, with none but empty ones between? What has come since is at the end. */
static bool are_all_there(const struct queue *queue, const struct unix_messages *messages)
{
	const struct unix_message *message = STAILQ_FIRST(messages);
	const struct sent *sent;

	STAILQ_FOREACH(sent, &queue->sent, link) {
		if (is_seen(sent, message))
			message = STAILQ_NEXT(message, link);
		else if (sent->message.length)
			break;
	}
	return !message;
}

static struct unix_message *insert_hidden(struct queue *queue, struct unix_messages *messages,
					  struct unix_message *last, const struct sent *sent)
{
	struct unix_message *added = arena_copy(&queue->dump->arena, &sent->message, sizeof(*added));

	if (last)
		STAILQ_INSERT_AFTER(messages, last, added, link);
	else
		STAILQ_INSERT_HEAD(messages, added, link);
	return added;
}

static int complete_messages(struct queue *queue, struct unix_messages *messages, bool *ret_rights)
{
	struct unix_message *message = STAILQ_FIRST(messages), *last = NULL;
	const struct sent *sent;

	if (!are_all_there(queue, messages))
		return -EBADMSG;
	STAILQ_FOREACH(sent, &queue->sent, link) {
		if (is_seen(sent, message)) {
			take_cred(sent, message);
			last = message;
			message = STAILQ_NEXT(message, link);
		} else if (sent->message.length) {
			break;
		} else {
			last = insert_hidden(queue, messages, last, sent);
			*ret_rights |= sent->has_rights;
			continue;
		}
		if (!last->length) {
			last->address = sent->message.address;
			last->address_size = sent->message.address_size;
		}
	}
	return 0;
}

/* --- streams --- */

static bool is_same_sender(const struct sent *left, const struct sent *right)
{
	return left->message.has_cred == right->message.has_cred &&
	       (!left->message.has_cred ||
		memcmp(&left->message.cred, &right->message.cred, sizeof(left->message.cred)) == 0);
}

static void split(struct arena *arena, struct unix_messages *messages, struct unix_message *message, uint32_t length)
{
	struct unix_message *rest = arena_copy(arena, message, sizeof(*message));

	rest->nr_fds = 0;
	rest->data = (char *)message->data + length;
	rest->length -= length;
	message->length = length;
	STAILQ_INSERT_AFTER(messages, message, rest, link);
}

/* Up to where it is of one sender, at most @length bytes from @sent on, of which *@left are not taken yet. */
static uint32_t run_of(const struct sent **sent, uint32_t *left, uint32_t length)
{
	const struct sent *first = *sent;
	uint32_t done = 0;

	while (*sent && done < length && is_same_sender(first, *sent)) {
		uint32_t part = MIN(*left, length - done);

		done += part;
		*left -= part;
		if (*left)
			continue;
		*sent = STAILQ_NEXT(*sent, link);
		*left = *sent ? (*sent)->message.length : 0;
	}
	return done;
}

static bool is_long_enough(const struct queue *queue, const struct unix_messages *messages)
{
	const struct unix_message *message;
	const struct sent *sent;
	uint64_t there = 0, wanted = 0;

	STAILQ_FOREACH(sent, &queue->sent, link)
		there += sent->message.length;
	STAILQ_FOREACH(message, messages, link)
		wanted += message->length;
	return there >= wanted;
}

/* A look at a stream goes on from one sender to the next where credentials are not asked for. */
static int complete_stream(struct queue *queue, struct unix_messages *messages)
{
	const struct sent *sent = STAILQ_FIRST(&queue->sent), *first;
	uint32_t left = sent ? sent->message.length : 0, done;
	struct unix_message *message;

	if (!is_long_enough(queue, messages))
		return -EBADMSG;
	for (message = STAILQ_FIRST(messages); message; message = STAILQ_NEXT(message, link)) {
		if (!message->length)
			continue;
		first = sent;
		done = run_of(&sent, &left, message->length);
		if (done < message->length)
			split(&queue->dump->arena, messages, message, done);
		take_cred(first, message);
	}
	return 0;
}

/* --- all --- */

int unix_complete(struct dump *dump, const struct fd_info *fd, struct unix_messages *messages, bool *ret_rights)
{
	struct queue queue = { .dump = dump, .stream = fd->socket->type == SOCK_STREAM };
	int ret;

	*ret_rights = false;
	if (STAILQ_EMPTY(messages))
		return 0;
	STAILQ_INIT(&queue.sent);
	ret = read_queue(&queue, fd);
	if (ret < 0)
		return ret;
	return queue.stream ? complete_stream(&queue, messages) : complete_messages(&queue, messages, ret_rights);
}
