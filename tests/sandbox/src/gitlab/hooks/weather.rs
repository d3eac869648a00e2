//! What happens to deliveries on their way: some are lost, some come twice, some come late and so out of order.
//!
//! What befalls a delivery follows from the seed and its number alone, not from time or threads.

use std::time::Duration;

/// Shares in percent. The default is calm: every delivery goes out once, at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Weather {
    pub seed: u64,
    /// Never sent.
    pub lost: u8,
    /// Of those that are sent: sent again, with the same `Idempotency-Key`.
    pub twice: u8,
    /// Of those that are sent: held back, up to [`Weather::longest_delay`]; later ones overtake them.
    pub late: u8,
    pub longest_delay: Duration,
}

/// What befalls one delivery.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Fate {
    pub(crate) lost: bool,
    pub(crate) twice: bool,
    pub(crate) delay: Duration,
}

impl Weather {
    /// What befalls the delivery of this number.
    pub(super) fn fate(&self, number: u64) -> Fate {
        let strikes = |share: u8, purpose: u64| self.draw(number, purpose) % 100 < u64::from(share);
        if strikes(self.lost, 1) {
            return Fate { lost: true, ..Fate::default() };
        }
        let thousandths = u32::try_from(self.draw(number, 4) % 1000).unwrap_or_default();
        let late = self.longest_delay * (thousandths + 1) / 1000;
        let delay = if strikes(self.late, 3) { late } else { Duration::ZERO };
        Fate { lost: false, twice: strikes(self.twice, 2), delay }
    }

    /// A number that looks like chance: the finalizer of `SplitMix64` over seed, number and purpose.
    fn draw(&self, number: u64, purpose: u64) -> u64 {
        let start = self.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (purpose << 56);
        let mixed = (start ^ (start >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
