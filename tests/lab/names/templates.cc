// C++ as it is met: templates, namespaces, lambdas, operators, virtual calls, inlined functions.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace farm {

template <typename T, int N> struct Ring {
	T at[N] = {};
	unsigned next = 0;
	__attribute__((noinline)) void push(const T &v) { at[next++ % N] = v; }
	__attribute__((noinline)) T sum() const
	{
		T s{};
		for (const T &v : at)
			s += v;
		return s;
	}
};

struct Animal {
	virtual ~Animal() = default;
	virtual double walk(unsigned n) const = 0;
};

template <typename Gait> struct Walker final : Animal {
	__attribute__((noinline)) double walk(unsigned n) const override
	{
		double d = 0;
		for (unsigned i = 1; i < n; i++)
			d += Gait::step(i);
		return d;
	}
};

struct Trot {
	static inline double step(unsigned i) { return 1.0 / i; }
};

namespace {
__attribute__((noinline)) int hidden(int x)
{
	volatile int v = x;
	for (int i = 0; i < 2000; i++)
		v = v * 3 + i;
	return v;
}
}

struct Less {
	__attribute__((noinline)) bool operator()(const std::string &a, const std::string &b) const
	{
		return a < b;
	}
};

__attribute__((noinline)) unsigned sorted(std::vector<std::string> v)
{
	std::sort(v.begin(), v.end(), Less());
	return (unsigned)v[0].size();
}

__attribute__((noinline)) unsigned mapped(unsigned seed)
{
	std::map<std::string, std::unique_ptr<Ring<double, 16>>> m;
	for (unsigned i = 0; i < 200; i++) {
		auto &r = m[std::to_string(seed * 7919 + i)];
		r = std::make_unique<Ring<double, 16>>();
		r->push(i);
	}
	return (unsigned)m.size();
}

}

int main(int argc, char **argv)
{
	const double seconds = argc > 1 ? atof(argv[1]) : 1;
	const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
	farm::Ring<long, 64> ring;
	farm::Walker<farm::Trot> walker;
	const farm::Animal &animal = walker;
	std::function<int(int)> f = [](int x) { return farm::hidden(x) + 1; };
	std::vector<std::string> words;
	double d = 0;

	for (int i = 0; i < 500; i++)
		words.push_back(std::to_string(rand()));
	while (std::chrono::steady_clock::now() < end) {
		for (int i = 0; i < 500; i++)
			ring.push(f(i & 7));
		d += (double)ring.sum() + animal.walk(20000) + farm::sorted(words) + farm::mapped(7);
	}
	return d == 0.5;
}
