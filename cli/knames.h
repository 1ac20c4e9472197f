#ifndef KNAMES_H
#define KNAMES_H

/*
 * The kernel's names of the addresses seen, written into the recording while it is made: another
 * machine, another kernel or this one after a reboot then reads the same names.
 *
 * In:    the records of a live stream
 * Out:   the same records, and a KSYM fact before the next round for every new kernel address
 * Keeps: the stacks of the last rounds and the addresses told, both up to a number: memory does not
 *        grow with the recording. An address that was forgotten is told again.
 */
#include <sirqprof/own.h>
#include <sirqprof/record.h>
#include <sirqprof/resolver.h>

struct knames;

/* *ret is the caller's; the resolver and out are borrowed until knames_free(). Errors: SP_ENOMEM.
 */
int knames_new(struct knames **ret, const struct sp_resolver *resolver, struct sp_record_sink out,
	       struct sp_err *err);
void knames_free(struct knames *k);
struct sp_record_sink knames_sink(struct knames *k);

SP_DEFINE_FREEP(knames);

#endif
