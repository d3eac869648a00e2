//! Chance that is the same in every run: a failure names its seed, and the seed plays it again.

/// A generator of numbers (`SplitMix64`: neighbouring seeds have nothing in common).
#[derive(Debug, Clone)]
pub struct Seeded(u64);

impl Seeded {
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 0 up to and without `limit`.
    pub const fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    /// Whether it happens, `chances` times in ten.
    pub const fn happens(&mut self, chances: u64) -> bool {
        self.below(10) < chances
    }

    /// Some of these, each `chances` times in ten.
    pub fn some<T: Clone>(&mut self, of: &[T], chances: u64) -> Vec<T> {
        of.iter().filter(|_| self.happens(chances)).cloned().collect()
    }

    /// One of these.
    ///
    /// # Panics
    /// When there is none.
    pub fn one<T: Clone>(&mut self, of: &[T]) -> T {
        let index = usize::try_from(self.below(of.len() as u64)).expect("few");
        of[index].clone()
    }
}
