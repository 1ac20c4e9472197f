#include "missed.h"

/* Where modules may begin on x86-64 whatever KASLR chose (Documentation/arch/x86/x86_64/mm.rst):
 * for recordings of other machines. On arm64 nothing is mapped there. */
#define SURELY_LOADED 0xffffffffc0000000ULL

void missed_clear(struct missed *m)
{
	once_clear(&m->met);
}

void missed_put(struct missed *m, uint64_t addr, const struct kallsyms *k)
{
	bool loaded = addr >= SURELY_LOADED;

	if (!once_met(&m->met, addr))
		return;
	if (!m->asked && k) {
		m->asked = true;
		m->text = kallsyms_address(k, "_stext");
		m->text_end = kallsyms_address(k, "_etext");
	}
	if (m->text && m->text < m->text_end)
		loaded = addr < m->text || addr >= m->text_end;
	m->gone += loaded;
	m->kernel += !loaded;
}

int missed_tell(const struct missed *m, bool withheld, symbols_tell *tell, void *self,
		struct sp_err *err)
{
	int rc = SP_OK;

	if (withheld)
		return tell(self, SP_Q_KPTR, m->kernel + m->gone, "", err);
	if (m->kernel)
		rc = tell(self, SP_Q_NO_SYMBOLS, m->kernel, "kernel", err);
	return rc || !m->gone ? rc : tell(self, SP_Q_GONE_CODE, m->gone, "", err);
}
