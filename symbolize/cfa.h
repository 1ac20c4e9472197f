#ifndef CFA_H
#define CFA_H

/*
 * Whether call frame instructions may be given to libunwind, which checks most of their register
 * numbers, but not that of DW_CFA_register, and does not check what a file says where return
 * addresses are (libunwind 1.6.2).
 *
 * In:    the bytes of one CIE's or FDE's instructions (DWARF 5, section 6.4.2; LSB, .eh_frame)
 * Keeps: nothing
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More bytes of instructions than this are not looked at: no function needs so many. */
#define CFA_MAX_BYTES 16384U

/* True when every instruction is known and whole, and every register copied from is below nregs. */
bool cfa_is_safe(const uint8_t *code, size_t size, uint64_t nregs);

#endif
