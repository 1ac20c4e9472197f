/* A kernel in miniature for the tests of --vmlinux: never run. */
void _text(void);
int s_show(int n);

__attribute__((section(".text.first"))) void _text(void)
{
}

static inline __attribute__((always_inline)) int count_partial(int n)
{
	volatile int total = 0;

	for (int i = 0; i < n; i++)
		total += i;
	return total;
}

__attribute__((noinline)) int s_show(int n)
{
	return count_partial(n) + 1;
}
