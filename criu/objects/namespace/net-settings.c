// SPDX-License-Identifier: GPL-2.0-only
/* Sysctls of a network namespace: the lists of those per device, which images have by position, and the others. */
#include "criu/objects/namespace/net-settings.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "criu/image/file.h"
#include "criu/objects/namespace/net-internal.h"
#include "criu/objects/namespace/net-sysctl.h"
#include "criu/util/cleanup.h"
#include "criu/util/log.h"
#include "criu/util/macros.h"

#define NAME_SIZE 128
#define TEXT_MAX 65535

/* Format sheet, constants devconfs4 and devconfs6: their places are for ever. */
static const char *const names4[] = {
	"accept_local",
	"accept_redirects",
	"accept_source_route",
	"arp_accept",
	"arp_announce",
	"arp_filter",
	"arp_ignore",
	"arp_notify",
	"bootp_relay",
	"disable_policy",
	"disable_xfrm",
	"force_igmp_version",
	"forwarding",
	"igmpv2_unsolicited_report_interval",
	"igmpv3_unsolicited_report_interval",
	"log_martians",
	"medium_id",
	"promote_secondaries",
	"proxy_arp",
	"proxy_arp_pvlan",
	"route_localnet",
	"rp_filter",
	"secure_redirects",
	"send_redirects",
	"shared_media",
	"src_valid_mark",
	"tag",
	"ignore_routes_with_linkdown",
	"drop_gratuitous_arp",
	"drop_unicast_in_l2_multicast",
};
static const char *const names6[] = {
	"accept_dad",
	"accept_ra",
	"accept_ra_defrtr",
	"accept_ra_from_local",
	"accept_ra_min_hop_limit",
	"accept_ra_mtu",
	"accept_ra_pinfo",
	"accept_ra_rt_info_max_plen",
	"accept_ra_rtr_pref",
	"accept_redirects",
	"accept_source_route",
	"autoconf",
	"dad_transmits",
	"disable_ipv6",
	"drop_unicast_in_l2_multicast",
	"drop_unsolicited_na",
	"force_mld_version",
	"force_tllao",
	"forwarding",
	"hop_limit",
	"ignore_routes_with_linkdown",
	"keep_addr_on_down",
	"max_addresses",
	"max_desync_factor",
	"mldv1_unsolicited_report_interval",
	"mldv2_unsolicited_report_interval",
	"mtu",
	"ndisc_notify",
	"optimistic_dad",
	"proxy_ndp",
	"regen_max_retry",
	"router_probe_interval",
	"router_solicitation_delay",
	"router_solicitation_interval",
	"router_solicitations",
	"stable_secret",
	"suppress_frag_ndisc",
	"temp_prefered_lft",
	"temp_valid_lft",
	"use_oif_addrs_only",
	"use_optimistic",
	"use_tempaddr",
};

struct sysctl_list {
	const char *directory;
	const char *const *names;
	size_t nr;
};

static struct sysctl_list list4(const char *directory)
{
	return (struct sysctl_list){ directory, names4, ARRAY_SIZE(names4) };
}

static struct sysctl_list list6(const char *directory)
{
	return (struct sysctl_list){ directory, names6, ARRAY_SIZE(names6) };
}

/* Not in those of a device each. */
static const char *const unix_names[] = { "max_dgram_qlen" };
static const char *const ipv4_names[] = { "ping_group_range" };
static const struct sysctl_list unix_list = { "unix", unix_names, 1 }, ipv4_list = { "ipv4", ipv4_names, 1 };

static bool is_text(const char *name)
{
	return !strcmp(name, "stable_secret") || !strcmp(name, "ping_group_range");
}

static void format_name(char name[NAME_SIZE], const struct sysctl_list *list, size_t index)
{
	snprintf(name, NAME_SIZE, "%s/%s", list->directory, list->names[index]);
}

static bool is_in(const struct sysctl_list *list, const char *name)
{
	char its[NAME_SIZE];

	for (size_t i = 0; i < list->nr; i++) {
		format_name(its, list, i);
		if (!strcmp(its, name))
			return true;
	}
	return false;
}

bool net_sysctl_is_listed(const char *name)
{
	const struct sysctl_list lists[] = {
		list4("ipv4/conf/all"), list4("ipv4/conf/default"), list4("ipv4/conf/lo"), unix_list,
		list6("ipv6/conf/all"), list6("ipv6/conf/default"), list6("ipv6/conf/lo"), ipv4_list,
	};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (is_in(&lists[i], name))
			return true;
	return false;
}

/* --- dump --- */

static SysctlEntry *read_entry(struct dump *dump, const struct sysctl_list *list, size_t index)
{
	SysctlEntry *entry = arena_new(&dump->arena, SysctlEntry);
	_cleanup_free_ char *text = NULL;
	char name[NAME_SIZE];

	sysctl_entry__init(entry);
	entry->type = is_text(list->names[index]) ? SYSCTL_TYPE__CTL_STR : SYSCTL_TYPE__CTL_32;
	format_name(name, list, index);
	if (net_sysctl_read(name, &text) < 0)
		return entry;
	entry->has_iarg = entry->type == SYSCTL_TYPE__CTL_32;
	if (entry->has_iarg)
		entry->iarg = (int32_t)strtol(text, NULL, 10);
	else
		entry->sarg = arena_strdup(&dump->arena, text);
	return entry;
}

static SysctlEntry **read_list(struct dump *dump, struct sysctl_list list, size_t *ret_nr)
{
	SysctlEntry **entries = arena_array(&dump->arena, SysctlEntry *, list.nr);

	for (size_t i = 0; i < list.nr; i++)
		entries[i] = read_entry(dump, &list, i);
	*ret_nr = list.nr;
	return entries;
}

static int fill_others(struct dump *dump, NetnsEntry *record)
{
	const struct net_setting_found *setting;
	struct net_settings_found found;
	size_t nr = 0;
	int error = net_settings_find_unusual(dump, &found);

	STAILQ_FOREACH(setting, &found, link)
		nr++;
	record->settings = arena_array(&dump->arena, NetSetting *, nr + 1);
	STAILQ_FOREACH(setting, &found, link) {
		NetSetting *entry;

		if (setting->is_usual)
			continue;
		entry = arena_new(&dump->arena, NetSetting);
		net_setting__init(entry);
		entry->name = (char *)setting->name;
		entry->text = (char *)setting->text;
		record->settings[record->n_settings++] = entry;
	}
	return error;
}

int net_settings_write(struct dump *dump, uint32_t id, const NetnsEntry *record)
{
	struct image_file *image = NULL;
	int error = image_create(dump->images, IMAGE_NETNS, id, &image), close_error;

	if (error < 0)
		return log_errno(error, "cannot create 'netns-%u.img'", id);
	error = image_write_record(image, &record->base);
	close_error = image_close(image);
	error = error ?: close_error;
	return error < 0 ? log_errno(error, "cannot write 'netns-%u.img'", id) : 0;
}

int net_settings_dump(struct dump *dump, uint32_t id)
{
	NetnsEntry record = NETNS_ENTRY__INIT;
	int error = fill_others(dump, &record);

	record.def_conf4 = read_list(dump, list4("ipv4/conf/default"), &record.n_def_conf4);
	record.all_conf4 = read_list(dump, list4("ipv4/conf/all"), &record.n_all_conf4);
	record.def_conf6 = read_list(dump, list6("ipv6/conf/default"), &record.n_def_conf6);
	record.all_conf6 = read_list(dump, list6("ipv6/conf/all"), &record.n_all_conf6);
	record.unix_conf = read_list(dump, unix_list, &record.n_unix_conf);
	record.ipv4_sysctl = read_list(dump, ipv4_list, &record.n_ipv4_sysctl);
	return error < 0 ? error : net_settings_write(dump, id, &record);
}

void net_settings_fill_device(struct dump *dump, NetDeviceEntry *device)
{
	device->conf4 = read_list(dump, list4("ipv4/conf/lo"), &device->n_conf4);
	device->conf6 = read_list(dump, list6("ipv6/conf/lo"), &device->n_conf6);
}

/* --- restore --- */

/* Nothing but printable text: it goes into one file, in one piece. */
static bool is_proper_text(const char *text)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < length; i++)
		if (!isprint((unsigned char)text[i]) && text[i] != '\t' && text[i] != '\n')
			return false;
	return length <= TEXT_MAX;
}

/* A path that stays below /proc/sys/net. */
static bool is_proper_name(const char *name)
{
	return name[0] && name[0] != '/' && strlen(name) < NAME_SIZE && is_proper_text(name) &&
	       !strstr(name, "..");
}

static bool is_proper_list(size_t nr, SysctlEntry **entries, size_t max)
{
	for (size_t i = 0; i < nr; i++)
		if (entries[i]->sarg && !is_proper_text(entries[i]->sarg))
			return false;
	return nr <= max;
}

int net_settings_check_device(const NetDeviceEntry *device)
{
	return is_proper_list(device->n_conf4, device->conf4, ARRAY_SIZE(names4)) &&
			       is_proper_list(device->n_conf6, device->conf6, ARRAY_SIZE(names6))
		       ? 0
		       : log_fail(-EBADMSG, "network device '%s': its sysctls are damaged", device->name);
}

static bool is_proper(const NetnsEntry *record)
{
	for (size_t i = 0; i < record->n_settings; i++)
		if (!is_proper_name(record->settings[i]->name) || !is_proper_text(record->settings[i]->text))
			return false;
	return is_proper_list(record->n_def_conf4, record->def_conf4, ARRAY_SIZE(names4)) &&
	       is_proper_list(record->n_all_conf4, record->all_conf4, ARRAY_SIZE(names4)) &&
	       is_proper_list(record->n_def_conf6, record->def_conf6, ARRAY_SIZE(names6)) &&
	       is_proper_list(record->n_all_conf6, record->all_conf6, ARRAY_SIZE(names6)) &&
	       is_proper_list(record->n_unix_conf, record->unix_conf, 1) &&
	       is_proper_list(record->n_ipv4_sysctl, record->ipv4_sysctl, 1);
}

int net_settings_load(struct restore *restore, uint32_t id, NetnsEntry **ret_settings)
{
	_cleanup_image_close_ struct image_file *image = NULL;
	ProtobufCMessage *message = NULL;
	int error = image_open(restore->images, IMAGE_NETNS, id, &image);

	if (!error)
		error = image_read_single(image, &message);
	if (error < 0)
		return log_errno(error, "image 'netns-%u.img' cannot be read%s", id,
				 error == -ENOENT ? "; a dump with --empty-ns net is restored with the same option"
						  : "");
	*ret_settings = (NetnsEntry *)message;
	return message && is_proper(*ret_settings)
		       ? 0
		       : log_fail(-EBADMSG, "image 'netns-%u.img': its sysctls are damaged", id);
}

static int set_entry(const struct restore *restore, const struct sysctl_list *list, size_t index,
		     const SysctlEntry *entry)
{
	char name[NAME_SIZE], number[16];

	if (!entry->has_iarg && !entry->sarg) /* it could not be read */
		return 0;
	format_name(name, list, index);
	snprintf(number, sizeof(number), "%d", entry->iarg);
	return net_sysctl_set(restore, name, entry->has_iarg ? number : entry->sarg);
}

/* Forwarding changes others of the same list, and in "all" those of the other lists. */
static int set_list(const struct restore *restore, struct sysctl_list list, size_t nr, SysctlEntry **entries)
{
	int error = 0;

	for (size_t i = 0; i < nr && !error; i++)
		if (!strcmp(list.names[i], "forwarding"))
			error = set_entry(restore, &list, i, entries[i]);
	for (size_t i = 0; i < nr && !error; i++)
		error = set_entry(restore, &list, i, entries[i]);
	return error;
}

static int set_others(const struct restore *restore, const NetnsEntry *record)
{
	int error = set_list(restore, unix_list, record->n_unix_conf, record->unix_conf);

	if (!error)
		error = set_list(restore, ipv4_list, record->n_ipv4_sysctl, record->ipv4_sysctl);
	for (size_t i = 0; i < record->n_settings && !error; i++)
		error = net_sysctl_set(restore, record->settings[i]->name, record->settings[i]->text);
	return error;
}

int net_settings_set(const struct restore *restore, const NetnsEntry *settings, const NetDeviceEntry *device)
{
	int error = set_list(restore, list4("ipv4/conf/all"), settings->n_all_conf4, settings->all_conf4);

	if (!error)
		error = set_list(restore, list4("ipv4/conf/default"), settings->n_def_conf4, settings->def_conf4);
	if (!error)
		error = set_list(restore, list6("ipv6/conf/all"), settings->n_all_conf6, settings->all_conf6);
	if (!error)
		error = set_list(restore, list6("ipv6/conf/default"), settings->n_def_conf6, settings->def_conf6);
	if (!error && device)
		error = set_list(restore, list4("ipv4/conf/lo"), device->n_conf4, device->conf4);
	if (!error && device)
		error = set_list(restore, list6("ipv6/conf/lo"), device->n_conf6, device->conf6);
	return error < 0 ? error : set_others(restore, settings);
}
