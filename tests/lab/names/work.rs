// Rust as it is met: generics, traits, closures, modules; mangled by the scheme the test asks for.
use std::collections::HashMap;
use std::time::{Duration, Instant};

mod barn {
    pub trait Feed {
        fn feed(&self, n: u64) -> u64;
    }

    pub struct Hay;

    impl Feed for Hay {
        #[inline(never)]
        fn feed(&self, n: u64) -> u64 {
            (1..n).fold(n, |a, b| a.wrapping_mul(31).wrapping_add(b ^ (a >> 7)))
        }
    }

    #[inline(never)]
    pub fn herd<T: Feed + ?Sized>(who: &T, n: u64) -> u64 {
        (0..8).map(|i| who.feed(n + i)).fold(0, u64::wrapping_add)
    }
}

#[inline(never)]
fn count(words: &[String]) -> usize {
    let mut m: HashMap<&str, usize> = HashMap::new();
    for w in words {
        *m.entry(w).or_insert(0) += 1;
    }
    m.len()
}

fn main() {
    let seconds: f64 = std::env::args().nth(1).and_then(|s| s.parse().ok()).unwrap_or(1.0);
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    let words: Vec<String> = (0..500).map(|i| format!("w{}", i * 7919 % 331)).collect();
    let hay: Box<dyn barn::Feed> = Box::new(barn::Hay);
    let mut total = 0u64;
    while Instant::now() < end {
        total = total.wrapping_add(barn::herd(&*hay, 3000) + count(&words) as u64);
        let mut v: Vec<u64> = (0..2000).map(|i| (i * 2654435761u64) % 1013).collect();
        v.sort_by(|a, b| b.cmp(a));
        total = total.wrapping_add(v[0]);
    }
    println!("{}", total);
}
